"""`compresskit serve`: the real LiteLLM proxy as its child, and local servers in place of the providers."""

import base64
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import openai
import pytest
import yaml
from click.testing import CliRunner
from paths import ROOT
from protocol_server import serving
from proxy_model import conversation, document, secret, thinks
from redis_server import free_port

from compresskit import TOOL_NAME
from compresskit.cli import serve

HANDLER = "compresskit.integrations.litellm.handler"
_KEYS = ("ANTHROPIC_", "OPENAI_", "GEMINI_", "LITELLM_")
MASTER = "sk-of-serve"


def environment(folder, **variables):
    variables = {"LITELLM_MASTER_KEY": MASTER} | variables
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_KEYS)}
    paths = {"PYTHONPATH": str(ROOT), "HOME": str(folder), "TMPDIR": str(folder)}
    return kept | paths | {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"} | variables


def command(*arguments):
    return [sys.executable, "-m", "compresskit.cli", "serve", *arguments]


def said(folder, *arguments, code=0, **variables):
    """What the command writes."""
    done = subprocess.run(
        command(*arguments), env=environment(folder, **variables), capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert not list(folder.glob("compresskit-serve-*"))
    return done.stderr if code else done.stdout


@contextlib.contextmanager
def started(folder, provider, *arguments, **variables):
    """A proxy of the command, with its process and port."""
    port = free_port()
    urls = {"OPENAI_BASE_URL": provider.url, "ANTHROPIC_BASE_URL": provider.url.removesuffix("/v1")}
    process = subprocess.Popen(
        command("--port", str(port), *arguments),
        env=environment(folder, **{**urls, **variables}),
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 120
        while not answers(port):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield process, port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def answers(port):
    with contextlib.suppress(OSError, urllib.error.URLError):
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/health/liveliness", timeout=5).status == 200
    return False


@pytest.fixture(scope="module")
def guarded(provider, tmp_path_factory):
    """A proxy that asks for a key, and holds that of one provider."""
    folder = tmp_path_factory.mktemp("guarded")
    with started(folder, provider, "--trigger", "2500", "--target", "1500", OPENAI_API_KEY="sk-openai") as running:
        yield folder, *running


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_codex_asks_through_it(guarded, provider, stream):
    _, _, port = guarded
    provider.requests.clear()
    provider.received.clear()
    items = conversation(f"serve {stream}", "retrieve")
    with openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key=MASTER, max_retries=0) as client:
        answer = client.responses.create(model="gpt-5-codex", input=items, stream=stream, store=False)
        response = list(answer)[-1].response if stream else answer
    assert response.output_text == f"FOUND ['{secret(f'serve {stream}')}']"
    first, _ = provider.bodies
    assert (first["model"], first["tools"][0]["name"]) == ("gpt-5-codex", TOOL_NAME)
    assert {one.headers["authorization"] for one in provider.received} == {"Bearer sk-openai"}


def test_a_client_without_the_master_key_gets_nothing(guarded):
    _, _, port = guarded
    with (
        openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="sk-other", max_retries=0) as client,
        pytest.raises(openai.APIStatusError) as caught,
    ):
        client.responses.create(model="gpt-5-codex", input="Hello.")
    assert caught.value.status_code in (400, 401, 403)


def test_a_clients_own_key_goes_on_to_anthropic(guarded, provider):
    """As Claude Code sends it with the lines of --print-env, and without a key in the environment."""
    _, _, port = guarded
    provider.received.clear()
    body = {"model": "claude-sonnet-4-5", "max_tokens": 99, "messages": conversation("own", "retrieve")}
    headers = {
        "content-type": "application/json",
        "anthropic-version": "2023-06-01",
        "anthropic-beta": "context-1m-2025-08-07",
        "x-litellm-api-key": f"Bearer {MASTER}",
    }
    for own in ({"x-api-key": "sk-ant-api03-mine"}, {"authorization": "Bearer sk-ant-oat01-mine"}):
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/v1/messages?beta=true", json.dumps(body).encode(), headers | own
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert f"FOUND ['{secret('own')}']" in answer.read().decode()
        for one in provider.received:
            assert {name: one.headers.get(name) for name in own} == own
            assert "context-1m-2025-08-07" in one.headers["anthropic-beta"]
            assert MASTER not in json.dumps(one.headers)
        assert len(provider.received[0].content) < len(document("own")) / 2
        provider.received.clear()


def page(port, authorization):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/compresskit", headers=authorization)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.headers, refusal.read().decode()


def test_its_page_shows_what_was_saved_to_those_who_have_the_master_key(guarded):
    _, _, port = guarded
    with openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key=MASTER, max_retries=0) as client:
        client.responses.create(model="gpt-5-codex", input=conversation("page", "retrieve"), store=False)
    password = {"authorization": f"Basic {base64.b64encode(f'anyone:{MASTER}'.encode()).decode()}"}
    deadline = time.monotonic() + 20
    while "gpt-5-codex" not in (shown := page(port, password)[2]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    figures = dict(re.findall("<dt>([^<]*)</dt><dd>([^<]*)</dd>", shown))
    assert int(figures["requests"]) >= 1 <= int(figures["retrievals"])
    assert "<h1>It saved" in shown
    assert page(port, {"authorization": f"Bearer {MASTER}"})[0] == 200
    for others in ({}, {"authorization": "Bearer sk-other"}, {"authorization": "Basic c2stb3RoZXI="}):
        status, headers, text = page(port, others)
        assert (status, "gpt-5" in text) == (401, False)
        assert headers["www-authenticate"].startswith("Basic ")


def test_its_config_is_private_and_gone_at_the_end_and_a_signal_reaches_the_proxy(guarded):
    folder, process, _ = guarded
    [inside] = folder.glob("compresskit-serve-*")
    written = inside / "config.yaml"
    assert (inside.stat().st_mode & 0o777, written.stat().st_mode & 0o777) == (0o700, 0o600)
    assert not any(key in written.read_text() for key in ("sk-openai", MASTER))
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) in (0, 128 + signal.SIGTERM)
    assert not inside.exists()


@pytest.mark.parametrize(("end", "code"), [("sys.exit(7)", 7), ("os.kill(os.getpid(), 9)", 128 + 9)])
def test_the_proxys_exit_code_is_kept_and_its_options_are_passed_on(monkeypatch, capfd, end, code):
    """With another program in the place of LiteLLM's, which takes seconds to say that it has no such option."""
    monkeypatch.setattr(serve, "_RUN", f"import os, sys; print(sys.argv[-1], flush=True); {end}")
    assert serve.run(serve.Address("127.0.0.1", 4321), {}, None, ["--num_workers=2"]) == code
    assert capfd.readouterr().out == "--num_workers=2\n"


def test_a_dry_run_shows_the_config_without_keys(tmp_path):
    made = yaml.safe_load(said(tmp_path, "--dry-run", "--trigger", "9000", OPENAI_API_KEY="sk-secret"))
    models = {one["model_name"]: one["litellm_params"] for one in made["model_list"]}
    assert models["gpt-*"] == {"model": "openai/gpt-*", "api_key": "os.environ/OPENAI_API_KEY"}
    assert models["claude-*"] == {"model": "anthropic/claude-*"}
    assert made["litellm_settings"]["callbacks"] == [HANDLER]
    assert made["callback_settings"]["compresskit"] == {"store": "memory", "trigger": 9000}
    assert list(tmp_path.iterdir()) == []


def test_a_config_of_ones_own_keeps_what_it_has(tmp_path):
    own = {
        "model_list": [{"model_name": "chat", "litellm_params": {"model": "openai/gpt-4o"}}],
        "litellm_settings": {"callbacks": "mine.logger", "num_retries": 2},
        "callback_settings": {"compresskit": {"store": "disk:/somewhere", "trigger": 8000, "on_entry": True}},
    }
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump(own))
    made = yaml.safe_load(said(tmp_path, "--dry-run", "--config", str(path), "--trigger", "9000"))
    assert made["model_list"] == own["model_list"]
    assert made["litellm_settings"] == {"callbacks": [HANDLER, "mine.logger"], "num_retries": 2}
    settings = {"store": "disk:/somewhere", "trigger": 9000, "on_entry": True}
    assert made["callback_settings"] == {"compresskit": settings}
    assert yaml.safe_load(path.read_text()) == own


def test_errors_say_what_to_do_before_anything_starts(tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text("callback_settings: {compresskit: {triger: 5}}")
    assert "'triger'" in said(tmp_path, "--config", str(path), code=2)
    path.write_text("litellm_settings: {callbacks: 5}")
    assert "callbacks is no list" in said(tmp_path, "--config", str(path), code=2)
    assert "target" in said(tmp_path, "--trigger", "5000", "--target", "6000", code=2)
    assert "LITELLM_MASTER_KEY" in said(tmp_path, code=2, LITELLM_MASTER_KEY="")
    with serving(thinks) as taken:
        assert "Choose another --host or --port" in said(tmp_path, "--port", str(taken.server_port), code=2)


@pytest.mark.parametrize(("store", "noted"), [("memory", True), ("disk:originals", False)])
def test_several_workers_without_a_shared_store_are_worth_a_note(store, noted, monkeypatch):
    monkeypatch.setenv("LITELLM_MASTER_KEY", MASTER)
    monkeypatch.setattr(serve, "run", lambda *_arguments: 0)
    port = str(free_port())
    done = CliRunner().invoke(serve.serve_command, ["--port", port, "--store", store, "--", "--num_workers", "2"])
    assert done.exit_code == 0
    assert ("each worker has a store of its own" in done.stderr) is noted


def test_a_missing_proxy_is_named_with_what_to_install(tmp_path):
    code = "import sys; sys.modules['uvicorn'] = None; from compresskit.cli.entry import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "serve"], env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "pip install 'litellm[proxy]'" in done.stderr


def test_the_lines_for_clients_work_in_a_shell(tmp_path):
    lines = said(tmp_path, "--print-env", "--port", "4321")
    shown = 'echo "$ANTHROPIC_BASE_URL $ANTHROPIC_CUSTOM_HEADERS $OPENAI_BASE_URL"'
    done = subprocess.run(
        ["sh", "-c", f"{lines}{shown}"], env={"LITELLM_MASTER_KEY": MASTER}, capture_output=True, text=True, check=True
    )
    url = "http://127.0.0.1:4321"
    assert done.stdout == f"{url} x-litellm-api-key: Bearer {MASTER} {url}/v1\n"
    assert MASTER not in lines
