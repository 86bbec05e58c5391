"""evals.models.asking: any model of LiteLLM's, any compressor; what is counted and what it costs."""

import pytest
from conversing import QUIET, after
from protocol_server import call, serving
from texts import make_text

from evals.harness import peers
from evals.harness.cases import Request
from evals.harness.tokens import count_request
from evals.models import asking, endpoint, tasks
from evals.models.endpoint import Model

pytestmark = QUIET
FACT = "The pilot was born in Marseille."
FILLER = [make_text("prose", number, 900) for number in range(6)]
USER = [*FILLER, f"{make_text('prose', 7, 900)}\n\n{FACT}\n\n{make_text('prose', 8, 900)}"]
MESSAGES = [
    {"role": "system", "content": "Answer."},
    *({"role": "user", "content": text} for text in USER),
    {"role": "user", "content": "Where was the pilot born?"},
]
REQUEST = Request(MESSAGES, 600, 600, fixed=frozenset({0, len(MESSAGES) - 1}))


def retrieves_once(body):
    """Asks for a key that there is not, where it can, and then answers."""
    if body.get("tools") and not after(body) and not retrieved(body):
        tool = body["tools"][0]
        return [call(tool.get("function", tool)["name"], {"key": "zzz"})]
    return "Marseille"


def retrieved(body):
    content = body["messages"][-1]["content"]
    return isinstance(content, list) and any(part.get("type") == "tool_result" for part in content)


@pytest.mark.parametrize("way", [*(way for way in endpoint.WAYS if not way.endswith(peers.NAMES)), "oracle"])
def test_every_compressor_can_be_asked_with(way):
    with serving(retrieves_once) as server:
        asked = asking.ask(way, REQUEST, Model("openai/any", server.url, 50))
    assert (asked.row["error"], asked.reply) == (None, "Marseille")
    shown = {str(message["content"]) for message in server.bodies[0]["messages"]}
    assert "Where was the pilot born?" in shown
    assert asked.row["after"] == count_request(server.bodies[0]["messages"], server.bodies[0].get("tools"))
    assert [message["content"] for message in asked.shown] == [one["content"] for one in server.bodies[0]["messages"]]
    has_tool = way in ("litellm", "compresskit")
    assert (asked.row["calls"], asked.row["retrievals"]) == ((2, 1) if has_tool else (1, 0))
    assert {body["max_tokens"] for body in server.bodies} == {50}


@pytest.mark.parametrize("way", ["everything", "litellm", "compresskit"])
def test_a_model_that_litellm_knows_is_asked_where_it_is_and_has_its_price(way, monkeypatch):
    """Claude Sonnet 4.5 costs $3 and $15 a million tokens."""
    with serving(retrieves_once) as server:
        monkeypatch.setenv("ANTHROPIC_API_KEY", "none")
        monkeypatch.setenv("ANTHROPIC_API_BASE", server.url.removesuffix("/v1"))
        asked = asking.ask(way, REQUEST, Model("anthropic/claude-sonnet-4-5", None, 50))
    assert (asked.row["error"], asked.reply) == (None, "Marseille")
    assert {path.split("?")[0] for path, _ in server.requests} == {"/v1/messages"}
    calls = 1 if way == "everything" else 2
    assert (asked.row["calls"], asked.row["prompt_tokens"]) == (calls, 10 * calls)
    assert asked.row["cost"] == pytest.approx(calls * (10 * 3 + 5 * 15) / 1e6)


def test_a_reasoning_model_is_asked_without_a_temperature():
    with serving(lambda _: "Marseille") as server:
        asked = asking.ask("nothing", REQUEST, Model("openai/o3-mini", server.url, 50))
    assert asked.row["error"] is None
    assert "temperature" not in server.bodies[0]


def test_what_a_request_cost_before_its_error_is_told():
    replies = iter(["first"])

    def breaks(body):
        if body.get("tools") and next(replies, None):
            return [call(body["tools"][0]["function"]["name"], {"key": "zzz"})]
        raise ConnectionError  # the server hangs up

    with serving(breaks) as server:
        asked = asking.ask("litellm", REQUEST, Model("openai/gpt-4o-mini", server.url, 50))
    assert asked.row["error"]
    assert (asked.row["prompt_tokens"], asked.row["retrievals"]) == (10, 1)
    assert asked.row["cost"] > 0


def test_the_row_of_a_task_has_its_place_and_what_its_score_says():
    def score(reply, shown):
        return {"right": float(reply == "Marseille"), "seen": float(FACT in str(shown))}

    task = tasks.Task("one", "group", "unit", REQUEST, score)
    with serving(lambda _: "Marseille") as server:
        rows = [tasks.run_one(task, way, way, Model("openai/any", server.url, 50)) for way in ("everything", "nothing")]
        broken = tasks.run_one(task, "everything", "everything", Model("openai/any", "http://127.0.0.1:9/v1", 50))
    assert [(row["right"], row["seen"]) for row in rows] == [(1, 1), (1, 0)]
    place = {"case": "one", "group": "group", "unit": "unit", "compressor": "everything"}
    assert {name: rows[0][name] for name in place} == {name: broken[name] for name in place} == place
    assert broken["error"]
    assert "right" not in broken
