"""Speaks to the tests' proxy with the clients that people use, and looks at what the provider got."""

import asyncio
import hashlib
import json

import anthropic
import openai
from proxy_model import texts
from proxy_server import KEY as API_KEY


class Client:
    """Speaks to the proxy with the clients that people use; gives texts and the calls they see."""

    def __init__(self, server, key=API_KEY):
        self.server = server
        self.key = key

    def says(self, api, messages, stream=False, tools=(), **more):
        return asyncio.run(self.asays(api, messages, stream, tools, **more))

    async def asays(self, api, messages, stream=False, tools=(), **more):
        speak = self._openai if api == "openai" else self._anthropic
        return await speak(messages, stream, [shaped(tool, api) for tool in tools], more)

    async def _openai(self, messages, stream, tools, more):
        async with openai.AsyncOpenAI(base_url=f"{self.server.url}/v1", api_key=self.key, max_retries=0) as client:
            extra = {"tools": tools} if tools else {}
            if not stream:
                raw = await client.chat.completions.with_raw_response.create(
                    model="chat", messages=messages, **extra, **more
                )
                reply = raw.parse()
                message = reply.choices[0].message
                return Answer(message.content, message.model_dump(exclude_none=True), reply.usage, raw.headers)
            text, calls, usage = "", {}, None
            options = {"stream": True, "stream_options": {"include_usage": True}}
            async with await client.chat.completions.create(
                model="chat", messages=messages, **options, **extra, **more
            ) as chunks:
                async for chunk in chunks:
                    usage = chunk.usage or usage
                    for choice in chunk.choices:
                        text += choice.delta.content or ""
                        for part in choice.delta.tool_calls or ():
                            one = calls.setdefault(part.index, {"id": part.id, "type": "function", "function": {}})
                            for name in ("name", "arguments"):
                                said = getattr(part.function, name) or ""
                                one["function"][name] = one["function"].get(name, "") + said
            message = {"role": "assistant", "content": text, **({"tool_calls": list(calls.values())} if calls else {})}
            return Answer(text, message, usage, {})

    async def _anthropic(self, messages, stream, tools, more):
        async with anthropic.AsyncAnthropic(base_url=self.server.url, api_key=self.key, max_retries=0) as client:
            arguments = {"model": "claude", "max_tokens": 500, "messages": messages, **more}
            arguments |= {"tools": tools} if tools else {}
            if not stream:
                raw = await client.messages.with_raw_response.create(**arguments)
                reply, headers = await raw.parse(), raw.headers
            else:
                async with client.messages.stream(**arguments) as events:
                    reply, headers = await events.get_final_message(), events.response.headers
            content = [block.model_dump(exclude_none=True) for block in reply.content]
            said = "".join(block["text"] for block in content if block["type"] == "text")
            return Answer(said, {"role": "assistant", "content": content}, reply.usage, headers)


class Answer:
    def __init__(self, text, message, usage, headers):
        self.text, self.message, self.usage, self.headers = text, message, usage, headers

    @property
    def calls(self):
        blocks = [block for block in self.message["content"] or () if isinstance(block, dict)]
        found = [(block["name"], block["id"]) for block in blocks if block["type"] == "tool_use"]
        return found + [(one["function"]["name"], one["id"]) for one in self.message.get("tool_calls") or ()]


def shaped(tool, api):
    if api == "openai":
        return {"type": "function", "function": tool}
    return {"name": tool["name"], "description": tool["description"], "input_schema": tool["parameters"]}


def result(api, call_id, text):
    if api == "openai":
        return {"role": "tool", "tool_call_id": call_id, "content": text}
    return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call_id, "content": text}]}


def sent(provider, name):
    """The provider's requests of one conversation, in order."""
    return [
        body
        for body in provider.bodies
        if f"in conversation {name}." in json.dumps(body.get("messages") or body["input"])
    ]


def bare(body):
    return [{"role": message["role"], "texts": texts(message)} for message in body["messages"]]


def bills(server, key):
    """What the spend log has of a key's calls."""
    written = server.bills.read_text().rpartition("\n")[0] if server.bills.exists() else ""
    rows = [json.loads(line) for line in written.splitlines()]
    return [row for row in rows if row["api_key"] == hashlib.sha256(key.encode()).hexdigest()]
