"""compresskit compress --shrinker: a model of one's own through a local server, and options that go together."""

import gc
import json
from importlib.util import find_spec

import pytest
from command_line import run, save
from protocol_server import serving
from texts import make_text

from compresskit import restore
from compresskit.cli.request_options import shrinker_of

pytestmark = pytest.mark.filterwarnings("ignore")  # of litellm and of connections that it leaves open
NOTES = [make_text("prose", seed, 3000) for seed in range(4)]


@pytest.fixture
def talk(tmp_path):
    messages = [{"role": "user", "content": text} for text in NOTES]
    messages.append({"role": "user", "content": "Which customer order was in the review of the branch?"})
    return save(tmp_path, messages), messages


@pytest.fixture
def server(monkeypatch):
    def shorter(body):
        """Every negated phrase and some words before it: what must stay stays."""
        text = body["messages"][1]["content"].split("\n<<<END")[0].split(">>>\n", 1)[1]
        copied = body["messages"][1]["content"].split("To be copied word for word:")[1]
        lines = [line.removeprefix("- ") for line in copied.split("\n") if line.startswith("- ")]
        return text[:200].rsplit(". ", 1)[0] + ".\n" + "\n\n".join(lines)

    with serving(shorter) as found:
        monkeypatch.setenv("OPENAI_API_BASE", found.url)
        monkeypatch.setenv("OPENAI_BASE_URL", found.url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        yield found
    import litellm

    litellm.in_memory_llm_clients_cache.flush_cache()
    gc.collect()


def test_a_model_of_ones_own_is_asked_and_its_cost_is_told(talk, server):
    path, messages = talk
    done = run("compress", path, "--target", 1000, "--shrinker", "self", "--shrinker-model", "gpt-4o-mini")
    assert done.exit_code == 0, done.stderr
    assert server.requests
    result = json.loads(done.stdout)
    assert restore(result["messages"], result["cache"]) == messages
    figures, cost = done.stderr.splitlines()
    assert "1,000 met" in figures
    assert cost.startswith(f"shrinker: {len(server.requests)} requests (0 failed), {10 * len(server.requests)} + ")
    assert "$0.0" in cost


def test_a_provider_that_fails_leaves_standard_output_to_the_result(talk, server):
    def fails(_):
        raise RuntimeError("the server breaks the connection")

    server.script, server.handle_error = fails, lambda *_: None
    done = run("compress", talk[0], "--target", 1000, "--shrinker", "self", "--shrinker-model", "gpt-4o-mini")
    assert done.exit_code == 0
    result = json.loads(done.stdout)
    assert restore(result["messages"], result["cache"]) == talk[1]
    assert "not shrunk: the shrinker failed" in done.stdout
    assert "failed)" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--shrinker", "self"], "--shrinker-model"),
        (["--shrinker-model", "gpt-4o"], "--shrinker-model is for --shrinker"),
        (["--shrinker-rate", "0.5"], "--shrinker-rate is for --shrinker llmlingua"),
        (["--shrinker-dtype", "bfloat16"], "--shrinker-dtype is for --shrinker llmlingua"),
        (["--shrinker-seconds", "5"], "--shrinker-seconds is for --shrinker"),
        (["--shrinker", "self", "--shrinker-model", "m", "--shrinker-device", "cpu"], "--shrinker-device is for"),
        (["--shrinker", "self", "--shrinker-model", "m", "--shrinker-seconds", "0"], "max_seconds is 0"),
        (["--shrinker", "nobody"], "nobody"),
    ],
)
def test_options_that_do_not_go_together_are_named(talk, options, said):
    done = run("compress", talk[0], "--target", 1000, *options)
    assert done.exit_code == 2
    assert said in done.stderr


@pytest.mark.skipif(not find_spec("llmlingua"), reason="needs the extra: pip install 'compresskit[llmlingua]'")
def test_llmlingua_options_reach_it(talk):
    given = {"model": "folder", "method": "longllmlingua", "device": "cuda:1", "dtype": "bfloat16", "rate": 0.9}
    options = {f"shrinker_{name}": value for name, value in {**given, "seconds": 5}.items()}
    made = shrinker_of({"shrinker": "llmlingua", **options})
    assert {name: getattr(made.shrinker, name) for name in given} == given
    assert made.max_seconds == 5
    assert run("compress", talk[0], "--target", 1000, "--shrinker", "llmlingua", "--shrinker-rate", "2").exit_code == 2
