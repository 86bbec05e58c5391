"""Conversations as other libraries and APIs have them, each a list that is refused by name."""

AI_SDK = [
    [{"id": "m1", "role": "user", "parts": [{"type": "text", "text": "hi"}]}],
    [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": [{"type": "tool-call", "toolCallId": "c", "toolName": "search", "input": {}}]},
        {"role": "tool", "content": [{"type": "tool-result", "toolCallId": "c", "toolName": "search", "output": {}}]},
    ],
]
COHERE = [[{"role": "USER", "message": "hi"}, {"role": "CHATBOT", "message": "hello"}]]
LANGCHAIN = [
    [{"type": "human", "content": "hi"}, {"type": "ai", "content": "hello", "tool_calls": []}],
    [{"type": "human", "data": {"content": "hi"}}],
]
LLAMAINDEX = [[{"role": "user", "blocks": [{"block_type": "text", "text": "hi"}], "additional_kwargs": {}}]]
SEMANTIC_KERNEL = [[{"role": "user", "items": [{"content_type": "text", "text": "hi"}]}]]
HAYSTACK = [
    [
        {"role": "user", "content": [{"text": "hi"}]},
        {"role": "assistant", "content": [{"tool_call": {"tool_name": "search", "arguments": {}, "id": "c"}}]},
    ]
]
MCP = [
    [{"role": "user", "content": {"type": "text", "text": "hi"}}],
    [{"role": "user", "content": {"content": [{"type": "text", "text": "hi"}], "isError": False}}],
]
