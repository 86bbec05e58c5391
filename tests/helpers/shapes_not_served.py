"""Conversations as other APIs take them, each a list that is refused by name."""

_RESPONSES_CALL = {"type": "function_call", "call_id": "c1", "name": "search", "arguments": "{}"}
RESPONSES = [
    [{"role": "user", "content": "hi"}, _RESPONSES_CALL],
    [{"type": "function_call_output", "call_id": "c1", "output": "parser.py"}],
    [{"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "xyz"}],
]
GEMINI = [
    [{"role": "user", "parts": [{"text": "hi"}]}],
    [{"parts": [{"text": "hi"}]}],
    [
        {"role": "model", "parts": [{"functionCall": {"name": "search", "args": {}}}]},
        {"role": "function", "parts": [{"functionResponse": {"name": "search", "response": {}}}]},
    ],
    [{"role": "user", "parts": [{"inline_data": {"mime_type": "image/png", "data": "AAAA"}}, {"text": "hi"}]}],
]
CONVERSE = [
    [{"role": "user", "content": [{"text": "hi"}]}],
    [
        {
            "role": "assistant",
            "content": [{"text": "hi"}, {"toolUse": {"toolUseId": "t", "name": "search", "input": {}}}],
        }
    ],
    [{"role": "user", "content": [{"toolResult": {"toolUseId": "t", "content": [{"text": "parser.py"}]}}]}],
]
