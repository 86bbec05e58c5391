"""Streams of a client go through as they come, and errors are the SDK's own, wherever they happen."""

import asyncio
import threading
import time

import openai
import pytest
from chat_models import ANSWER, ROOM, answered, keys, made, retrieves
from protocol_server import Error, Paced, call, serving
from samples import openai_agent
from sdk_ways import CHAT, each, settled, wait

from compresskit import TOOL_NAME
from compresskit.clients import AsyncOpenAI, OpenAI

every_kind = pytest.mark.parametrize("kind", ["sync", "async"])
REQUEST = {"model": "gpt-4o", "messages": openai_agent()}


class Gate:
    """A server's stream that goes on as soon as the reader allows it."""

    def __init__(self):
        self.open = threading.Semaphore(0)

    def before(self, _number):
        assert self.open.acquire(timeout=20)


@every_kind
@pytest.mark.parametrize("rounds", [0, 1])
def test_every_text_is_shown_before_the_next_one_is_sent(kind, rounds):
    gate = Gate()

    def script(body):
        said = retrieves(rounds)(body)
        return Paced(said, gate.before) if said == ANSWER else said

    async def read(client):
        gate.open.release(2)  # the role, and the first text
        stream = await settled(client.chat.completions.create(**REQUEST, stream=True))
        text = ""
        parts = aiter(stream) if kind == "async" else iter(stream)
        while True:
            chunk = await anext(parts, None) if kind == "async" else next(parts, None)
            if chunk is None:
                return text
            text += chunk.choices[0].delta.content or ""
            gate.open.release(100 if text == ANSWER else 1)  # the end comes as one: it may be that of a retrieval

    with serving(script) as server:
        assert wait(read, made(kind, server)) == ANSWER
        assert len(server.requests) == 1 + rounds


@every_kind
@pytest.mark.parametrize("rounds", [0, 1])
def test_a_client_that_leaves_in_mid_stream_closes_the_call(kind, rounds):
    stopped = threading.Event()

    def slowly(_number):
        time.sleep(0.02)
        stopped.wait(0.02)

    def script(body):
        said = retrieves(rounds)(body)
        return Paced(ANSWER * 400, slowly) if said == ANSWER else said

    async def leave(client):
        stream = await settled(client.chat.completions.create(**REQUEST, stream=True))
        first = await anext(aiter(stream)) if kind == "async" else next(stream)
        await settled(stream.close())
        return first

    with serving(script) as server:
        wait(leave, made(kind, server))
        assert server.hung_up.wait(20)


@pytest.mark.parametrize("when", ["in the first call", "in a retrieval round", "in mid-stream"])
def test_a_cancelled_task_closes_the_call(when):
    started = threading.Event()

    def hold(number):
        if number > 2:
            started.set()
        time.sleep(0.02)

    def script(body):
        said = retrieves(1 if when == "in a retrieval round" else 0)(body)
        return Paced(ANSWER * 400, hold) if said == ANSWER else said

    async def cancelled(client):
        async def read():
            return await each(await client.chat.completions.create(**REQUEST, stream=True))

        task = asyncio.create_task(read())
        assert await asyncio.to_thread(started.wait, 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with serving(script) as server:
        wait(cancelled, made("async", server))
        assert server.hung_up.wait(20)


FAILURES = {429: openai.RateLimitError, 500: openai.InternalServerError, 400: openai.BadRequestError}


@every_kind
@pytest.mark.parametrize("way", ["create", "stream_true"])
@pytest.mark.parametrize("status", FAILURES)
def test_an_error_in_a_retrieval_round_is_the_error_of_the_sdk(way, kind, status):
    """An error before anything was shown is the SDK's error of its status, and the SDK tries again as usual."""

    def script(body):
        return Error(status, "overloaded") if answered(body) else retrieves(1)(body)

    with serving(script) as server:
        client = made(kind, server, max_retries=1)
        with pytest.raises(FAILURES[status], match="overloaded"):
            wait(CHAT[way], client, **REQUEST)
        assert len(server.requests) == (2 if status == 400 else 4)


@every_kind
@pytest.mark.parametrize("way", ["create", "stream_true"])
def test_the_sdk_tries_again_by_itself(way, kind):
    errors = iter([Error(500), Error(429)])

    def script(body):
        return next(errors, None) or retrieves(1)(body)

    with serving(script) as server:
        seen = wait(CHAT[way], made(kind, server, max_retries=2), **REQUEST)
        assert seen.text == ANSWER
        assert len(server.requests) == 4
        assert [one.headers["x-stainless-retry-count"] for one in server.received] == ["0", "1", "2", "2"]


@every_kind
def test_an_error_behind_text_that_was_shown_is_an_error_of_the_sdk(kind):
    def script(body):
        if answered(body):
            return Error(503, "overloaded")
        return ["Let me see. ", call(TOOL_NAME, {"key": keys(body)[0]}, "r")]

    seen = []

    async def read(client):
        stream = await settled(client.chat.completions.create(**REQUEST, stream=True))
        if kind == "async":
            async for chunk in stream:
                seen.append(chunk)
        else:
            for chunk in stream:
                seen.append(chunk)

    with serving(script) as server, pytest.raises(openai.APIError, match="overloaded"):
        wait(read, made(kind, server))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in seen) == "Let me see. "


@every_kind
@pytest.mark.parametrize("way", ["create", "stream_true"])
def test_the_timeout_is_that_of_each_call(way, kind):
    def script(body):
        if answered(body):
            time.sleep(3)
        return retrieves(1)(body)

    with serving(script) as server:
        client = made(kind, server, timeout=0.5, max_retries=0)
        with pytest.raises(openai.APITimeoutError):
            wait(CHAT[way], client, **REQUEST)
        assert len(server.requests) == 2


def test_forty_conversations_over_one_client_do_not_cross():
    """Each one has its own secret, retrieves its own text, and goes on from what it sent."""

    async def one(client, number):
        messages = [{"role": "system", "content": f"You know secret-{number} ."}, *openai_agent(turns=5)[1:]]
        for _ in range(2):
            response = await client.chat.completions.create(model="gpt-4o", messages=messages)
            messages = [
                *messages,
                {"role": "assistant", "content": response.choices[0].message.content},
                {"role": "user", "content": "And?"},
            ]
        return messages

    def answer(body):
        secret = body["messages"][0]["content"].split()[2]
        asks = answered(body) == 0 and body["messages"][-1]["role"] != "tool"
        return [call(TOOL_NAME, {"key": keys(body)[0], "lines": "1-2"}, "r")] if asks else f"It is {secret}"

    room = {"trigger": 8000, "target": 3000}
    with serving(answer) as server:

        async def all_of_them():
            async with AsyncOpenAI(
                base_url=server.url, api_key="none", compresskit=room, timeout=120, max_retries=0
            ) as client:
                return await asyncio.gather(*(one(client, number) for number in range(40)))

        found = asyncio.run(all_of_them())
        bodies = server.bodies
    for number, messages in enumerate(found):
        texts = [message["content"] for message in messages if message["role"] == "assistant"]
        assert texts[-2:] == [f"It is secret-{number}"] * 2
    by_secret = {}
    for body in bodies:
        by_secret.setdefault(body["messages"][0]["content"], []).append(body["messages"])
    assert len(by_secret) == 40
    for histories in by_secret.values():
        firsts = [history for history in histories if history[-1]["role"] != "tool"]
        assert len(histories) == 4
        assert len(firsts) == 2
        assert firsts[1][: len(firsts[0])] == firsts[0], "the second turn begins with what was sent"


def test_the_sync_client_serves_many_threads():
    with serving(retrieves(1)) as server, OpenAI(base_url=server.url, api_key="none", compresskit=ROOM) as client:
        failed = []

        def ask():
            try:
                seen = client.chat.completions.create(**REQUEST).choices[0].message.content
                assert seen == ANSWER
            except BaseException as error:  # a thread's error is lost otherwise
                failed.append(error)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failed == []
