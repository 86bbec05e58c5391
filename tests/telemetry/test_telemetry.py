"""Every compression, retrieval and answer is recorded once, by a real SDK, whoever asked for it."""

import asyncio
import concurrent.futures
import gc
import json
import os
import subprocess
import sys
import time

import pytest
from conversing import QUIET, ROOM, WAYS, after, ask, awaited, retrieval
from opentelemetry.trace import StatusCode
from paths import HELPERS, ROOT
from protocol_server import Error, serving
from samples import openai_agent
from telemetry_sdk import Recorded, recording

import compresskit
from compresskit import TOOL_NAME, Conversation, answer, compress, retrieve, telemetry

pytestmark = QUIET
MODEL = "gpt-4o"
HELLO = [{"role": "user", "content": "hello"}]
ways = pytest.mark.parametrize("way", WAYS)


def retrieves(body):
    """A model that retrieves the first key that it sees, and then answers."""
    return "It rounds to cents." if after(body) else ["Wait. ", retrieval(body, lines="1")]


def squeezed(**options):
    return compress(openai_agent(), MODEL, 4000, 3000, **options)


# --- compressions ----------------------------------------------------------------------------------


def kept_by(method):
    """Calls compress() so that it ends by this method."""
    if method == "below_trigger":
        return compress(HELLO, MODEL)
    if method == "compressed":
        return squeezed()
    if method == "protected":
        return compress(openai_agent(), MODEL, 1000, 500, protect=lambda _: True)
    if method == "no_gain":
        words = [{"role": ("user", "assistant")[n % 2], "content": f"ok {n}"} for n in range(20)]
        return compress(words, MODEL, 120, 119)
    previous = squeezed()
    return compress([*openai_agent(), {"role": "user", "content": "go on"}], MODEL, 4000, 3000, previous=previous)


@pytest.mark.parametrize("method", ["below_trigger", "fits_trigger", "no_gain", "protected", "compressed"])
def test_a_compression_is_one_span_with_its_method_and_its_tokens(method):
    with recording() as recorded:
        result = kept_by(method)
    span = recorded.spans[-1]
    assert span.name == "compress gpt-4o"
    assert span.attributes["gen_ai.request.model"] == MODEL
    assert span.attributes["compresskit.method"] == method
    assert span.attributes["compresskit.tokens.before"] == result.original_tokens
    assert span.attributes["compresskit.tokens.after"] == result.compressed_tokens
    assert span.attributes["compresskit.target_met"] == result.target_met
    assert span.status.status_code is StatusCode.UNSET
    assert recorded.points("compresskit.requests")[method, MODEL].value == 1
    assert recorded.points("compresskit.tokens.after")[method, MODEL].sum == result.compressed_tokens
    assert recorded.points("compresskit.compression.ratio")[method, MODEL].sum == result.compression_ratio
    assert 0 < recorded.points("compresskit.compression.duration")[method, MODEL].sum < 60


def test_an_error_is_recorded_by_its_type_alone():
    class Embedder:
        def embed(self, texts):
            raise ConnectionError(texts[0])

    with recording() as recorded, pytest.raises(compresskit.EmbedderFailed):
        squeezed(embedder=Embedder())
    [span] = recorded.spans
    assert span.attributes["compresskit.method"] == "error"
    assert span.attributes["error.type"] == "EmbedderFailed"
    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description is None
    assert span.events == ()
    assert recorded.points("compresskit.requests")["error", MODEL].value == 1
    assert "compresskit.tokens.before" not in recorded.metrics()


def test_the_result_is_the_same_with_telemetry_and_without():
    plain = squeezed()
    with recording():
        assert squeezed() == plain


def test_dollars_are_the_input_price_of_the_tokens_where_it_is_known():
    with recording() as recorded:
        result = squeezed()
        compress(openai_agent(), "my-own-model", 4000, 3000)
    dollars = recorded.points("compresskit.cost.before")
    assert list(dollars) == [("compressed", MODEL)]
    assert dollars["compressed", MODEL].value == pytest.approx(result.original_tokens * 2.5 / 1e6)
    saved = dollars["compressed", MODEL].value - recorded.points("compresskit.cost.after")["compressed", MODEL].value
    assert saved == pytest.approx((result.original_tokens - result.compressed_tokens) * 2.5 / 1e6)


# --- retrievals ------------------------------------------------------------------------------------


def _call(arguments, call_id):
    function = {"name": TOOL_NAME, "arguments": json.dumps(arguments)}
    return {"id": call_id, "type": "function", "function": function}


def test_every_retrieval_is_a_span_with_what_came_of_it():
    with recording() as recorded:
        cache = squeezed().cache
        key = next(iter(cache))
        retrieve(cache, key, lines="1-2")
        retrieve(cache, key, query="round")
        retrieve(cache, key, head=2)
        retrieve(cache, "nosuchkey")
        message = {
            "role": "assistant",
            "content": None,
            "tool_calls": [_call({"key": key}, "call_7"), _call({"wrong": 1}, "a text, no id")],
        }
        shown = answer(message, cache)
    spans = recorded.of("execute_tool")
    assert {span.name for span in spans} == {f"execute_tool {TOOL_NAME}"}
    assert [
        (span.attributes["compresskit.retrieval.outcome"], span.attributes.get("compresskit.retrieval.part"))
        for span in spans
    ] == [
        ("found", "lines"),
        ("found", "query"),
        ("found", "ends"),
        ("unknown_key", None),
        ("found", "whole"),
        ("unreadable", None),
    ]
    assert [span.attributes.get("gen_ai.tool.call.id") for span in spans[-2:]] == ["call_7", None]
    assert {span.attributes["gen_ai.tool.name"] for span in spans} == {TOOL_NAME}
    assert len(shown) == 2
    assert {outcome: point.value for (outcome,), point in recorded.points("compresskit.retrievals").items()} == {
        "found": 4,
        "unknown_key": 1,
        "unreadable": 1,
    }
    tokens = sum(span.attributes["compresskit.retrieval.tokens"] for span in spans)
    assert sum(point.sum for point in recorded.points("compresskit.retrieval.tokens").values()) == tokens


# --- answers ---------------------------------------------------------------------------------------


@ways
def test_a_request_is_one_compression_one_answer_and_its_retrievals(way):
    with serving(retrieves) as server, recording() as recorded:
        with recorded.tracers.get_tracer("theirs").start_as_current_span("theirs") as theirs:
            ask(way, server, openai_agent())
        [compression], [retrieved], [answered] = (recorded.of(name) for name in ("compress", "execute_tool", "answer"))
    assert compression.parent.span_id == answered.parent.span_id == theirs.get_span_context().span_id
    assert retrieved.parent.span_id == answered.context.span_id
    assert answered.attributes["compresskit.calls"] == 2
    assert answered.attributes["compresskit.rounds"] == 1
    assert answered.attributes["compresskit.retrieved_tokens"] == retrieved.attributes["compresskit.retrieval.tokens"]
    assert answered.attributes["compresskit.stream"] == way.startswith("streamed")
    assert answered.attributes["compresskit.end"] == "complete"
    assert compression.end_time <= answered.start_time < retrieved.start_time < answered.end_time
    assert [*recorded.points("compresskit.retrievals")] == [("found", "openai/gpt-4o")]


@ways
def test_below_the_trigger_there_is_a_compression_and_no_answer(way):
    with serving(lambda _: "Hi.") as server, recording() as recorded:
        ask(way, server, HELLO)
    assert [span.attributes["compresskit.method"] for span in recorded.spans] == ["below_trigger"]


@ways
def test_a_request_that_goes_out_as_it_was_is_a_compression_with_an_error(way):
    class Counter:
        def count(self, text):
            raise KeyError(text)

    with serving(lambda _: "Hi.") as server, recording() as recorded:
        ask(way, server, openai_agent(), counter=Counter())
    [span] = recorded.spans
    assert (span.attributes["compresskit.method"], span.attributes["error.type"]) == ("error", "KeyError")


def test_a_retrieval_beyond_the_limit_is_refused():
    def asks_for_all(body):
        return "Fine." if after(body) else [retrieval(body, f"r{number}", number) for number in range(3)]

    with serving(asks_for_all) as server, recording() as recorded:
        ask("whole", server, openai_agent(), max_retrieved_tokens=100)
    outcomes = [span.attributes["compresskit.retrieval.outcome"] for span in recorded.of("execute_tool")]
    assert outcomes[0] == "found"
    assert outcomes[-1] == "refused"
    assert recorded.of("answer")[0].attributes["compresskit.limit"] == "max_retrieved_tokens"


@ways
def test_an_error_of_the_model_ends_the_answer(way):
    def fails(body):
        return Error(400, "no") if after(body) else retrieves(body)

    with serving(fails) as server, recording() as recorded, pytest.raises(Exception, match="no"):
        ask(way, server, openai_agent())
    [span] = recorded.of("answer")
    assert span.attributes["compresskit.end"] == "error"
    assert span.attributes["error.type"] == "BadRequestError"
    assert span.status.status_code is StatusCode.ERROR
    assert span.events == ()


def test_a_conversation_is_one_compression_a_turn():
    with recording() as recorded:
        talk = Conversation(MODEL, trigger=4000, target=3000)
        talk.append(*openai_agent())
        talk.request()
        talk.append({"role": "assistant", "content": "It rounds."}, {"role": "user", "content": "Thanks."})
        talk.request()
    assert [span.attributes["compresskit.method"] for span in recorded.spans] == ["compressed", "fits_trigger"]


# --- streams ---------------------------------------------------------------------------------------


def given(server, **options):
    base = {"model": "openai/gpt-4o", "messages": openai_agent(), "api_base": server.url, "api_key": "none"}
    return {**base, **ROOM, **options, "stream": True}


@pytest.mark.parametrize("read", [0, 1, 3])
def test_a_stream_that_is_closed_or_dropped_ends_its_span(read):
    with serving(retrieves) as server:
        with recording() as recorded:
            stream = compresskit.completion(**given(server))
            for _ in range(read):
                next(stream)
            assert not recorded.of("answer"), "it is still open"
            stream.close()
            assert recorded.ends() == ["closed"]
        with recording() as recorded:
            stream = compresskit.completion(**given(server))
            for _ in range(read):
                next(stream)
            loop = [stream]
            loop.append(loop)  # only the garbage collector finds it
            del stream, loop
            gc.collect()
            assert recorded.ends() == ["collected"]


@pytest.mark.parametrize("read", [0, 1, 3])
def test_an_awaited_stream_that_is_closed_or_dropped_ends_its_span(read):
    async def read_some(server, drop):
        stream = await compresskit.acompletion(**given(server))
        for _ in range(read):
            await anext(stream)
        if not drop:
            await stream.aclose()
        del stream
        gc.collect()

    with serving(retrieves) as server:
        for drop, how in ((False, "closed"), (True, "collected")):
            with recording() as recorded:
                awaited(read_some(server, drop))
                assert recorded.ends() == [how]


def test_a_cancelled_stream_ends_its_span():
    async def cancelled(server):
        stream = await compresskit.acompletion(**given(server))

        async def read():
            async for _ in stream:
                await asyncio.sleep(0)

        reading = asyncio.ensure_future(read())
        await asyncio.sleep(0.3)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    def slow(body):
        if after(body):
            time.sleep(1)
        return retrieves(body)

    with serving(slow) as server, recording() as recorded:
        awaited(cancelled(server))
        assert recorded.ends() == ["error"]
    assert recorded.of("answer")[0].attributes["error.type"] == "CancelledError"


def test_a_stream_goes_on_to_its_end_after_telemetry_is_off():
    with serving(retrieves) as server:
        with recording() as recorded:
            stream = compresskit.completion(**given(server))
        list(stream)
    assert recorded.ends() == ["complete"]


# --- many at once ----------------------------------------------------------------------------------


def test_requests_at_once_keep_their_spans_apart():
    """Each request is in a trace of its own, in threads and in tasks."""

    async def in_tasks(server, tracer):
        async def one(_):
            with tracer.start_as_current_span("theirs"):
                stream = await compresskit.acompletion(**given(server))
                return [chunk async for chunk in stream]

        await asyncio.gather(*(one(number) for number in range(12)))

    def in_thread(server, tracer):
        with tracer.start_as_current_span("theirs"):
            return ask("whole", server, openai_agent())

    with serving(retrieves) as server, recording() as recorded:
        tracer = recorded.tracers.get_tracer("theirs")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: in_thread(server, tracer), range(12)))
        awaited(in_tasks(server, tracer))
        traces = {}
        for span in recorded.spans:
            traces.setdefault(span.context.trace_id, []).append(span.name.split(" ")[0])
    assert len(traces) == 24
    assert {tuple(sorted(names)) for names in traces.values()} == {("answer", "compress", "execute_tool", "theirs")}
    assert recorded.points("compresskit.requests")["compressed", "openai/gpt-4o"].value == 24


# --- the switch ------------------------------------------------------------------------------------


def python(code):
    path = os.pathsep.join(map(str, (ROOT, HELPERS)))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_nothing_is_recorded_before_the_switch_is_on_and_after_it_is_off():
    squeezed()
    with recording() as recorded:
        pass
    squeezed()
    assert recorded.spans == ()
    assert recorded.metrics() == {}


def test_the_sdk_may_be_set_up_after_the_switch():
    code = f"""
from compresskit import compress, telemetry
telemetry.enable()
compress({HELLO!r}, "gpt-4o")
from opentelemetry import metrics, trace
from telemetry_sdk import Recorded
recorded = Recorded()
trace.set_tracer_provider(recorded.tracers)
metrics.set_meter_provider(recorded.meters)
compress({HELLO!r}, "gpt-4o")
print(len(recorded.spans), recorded.points("compresskit.requests")["below_trigger", "gpt-4o"].value)
"""
    assert python(code) == ["1", "1"]


def test_turning_it_on_again_changes_nothing():
    with recording() as recorded:
        for _ in range(3):
            telemetry.enable(tracer_provider=recorded.tracers, meter_provider=recorded.meters)
        compress(HELLO, MODEL)
        assert len(recorded.spans) == 1
        other = Recorded()
        telemetry.enable(tracer_provider=other.tracers, meter_provider=other.meters)
        compress(HELLO, MODEL)
    assert (len(recorded.spans), len(other.spans)) == (1, 1)


def test_the_switch_can_be_turned_while_others_compress():
    with recording() as recorded, concurrent.futures.ThreadPoolExecutor(4) as pool:
        work = [pool.submit(compress, HELLO, MODEL) for _ in range(200)]
        for _ in range(50):
            telemetry.disable()
            telemetry.enable(tracer_provider=recorded.tracers, meter_provider=recorded.meters)
        assert {job.result().original_tokens for job in work} == {8}
    count = sum(point.value for point in recorded.metrics()["compresskit.requests"].data.data_points)
    assert count == len(recorded.spans) <= 200


@pytest.mark.parametrize("models", ["gpt-4o", 5, ["a text of a user"], [None]])
def test_wrong_arguments_are_refused(models):
    with pytest.raises(compresskit.InvalidArgument, match="models"):
        telemetry.enable(models=models)


def test_without_the_package_the_switch_says_what_to_install():
    code = """
import sys
sys.modules["opentelemetry"] = None
from compresskit import InvalidArgument, telemetry
try:
    telemetry.enable()
except InvalidArgument as error:
    print("otel]" in str(error))
"""
    assert python(code) == ["True"]
