"""Streams of a client go through as they come, and errors are the SDK's own, wherever they happen."""

import asyncio
import threading
import time

import openai
import pytest
from chat_models import ANSWER, ROOM, answered, keys, made, retrieves
from protocol_server import Error, Paced, call, serving
from samples import openai_agent
from sdk_ways import CHAT, each, wait

from compresskit import TOOL_NAME
from compresskit.clients import AsyncOpenAI, OpenAI

every_kind = pytest.mark.parametrize("kind", ["sync", "async"])
REQUEST = {"model": "gpt-4o", "messages": openai_agent()}


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
