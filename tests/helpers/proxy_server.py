"""A real LiteLLM proxy on this machine: started from a config file, with as many workers as it says."""

import contextlib
import json
import os
import signal
import time
import urllib.error
import urllib.request
from pathlib import Path

import yaml
from paths import HELPERS, ROOT
from proxy_forks import ForkedProxy
from redis_server import free_port

KEY = "sk-of-the-test"
MASTER = "sk-0d1f6c1b8e2f4a7c9b3d5e7f1a2b4c6d"
_SECONDS = 120  # to start; two workers import litellm, on a machine with other things to do


class Proxy:
    """Can be killed and started again on the same port, from the same config."""

    def __init__(self, folder, config, workers=1, variables=None):
        self.port = free_port()
        self.folder = Path(folder)
        self.workers = workers
        self.variables = variables or {}
        self.process = None
        self.config = self.folder / "config.yaml"
        self.config.write_text(yaml.safe_dump(config))
        self.output = self.folder / "output.txt"
        self.bills = self.folder / "bills.jsonl"

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self, wait=True):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LITELLM")}
        environment |= {
            "PYTHONPATH": f"{ROOT}{os.pathsep}{HELPERS}",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "LITELLM_LOG": "ERROR",
            "HOME": str(self.folder),
            "OMP_NUM_THREADS": "1",
            "PROXY_BILLS": str(self.bills),
            **self.variables,
        }
        arguments = ["--config", str(self.config), "--host", "127.0.0.1", "--port", str(self.port)]
        arguments += ["--num_workers", str(self.workers), "--telemetry", "False"]
        self.process = ForkedProxy(arguments, self.folder, environment, self.output)
        if wait:
            self.ready()

    def ready(self):
        deadline = time.monotonic() + _SECONDS
        while not self._answers():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def _answers(self):
        with contextlib.suppress(OSError, urllib.error.URLError):
            return urllib.request.urlopen(f"{self.url}/health/liveliness", timeout=5).status == 200
        return False

    def said(self):
        return self.output.read_text(errors="replace")[-6000:]

    def kill(self):
        """All of it at once, as a machine that loses its power."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(20)
            self.process = None

    def ask(self, path, body, headers=None, key=KEY):
        """The status, headers and text of a raw request."""
        request = urllib.request.Request(
            f"{self.url}{path}",
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **(headers or {})},
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, dict(answer.headers), answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), error.read().decode()
        except ConnectionError as error:
            raise AssertionError(f"{error}; the proxy's exit code: {self.process.poll()}\n{self.said()}") from error


def config(provider, **compresskit):
    """A config as an operator writes it, with models on a provider's server and settings of ours."""
    return {
        "model_list": [
            {
                "model_name": "chat",
                "litellm_params": {"model": "openai/gpt-4o", "api_base": provider.url, "api_key": "none"},
            },
            {
                "model_name": "claude",
                "litellm_params": {
                    "model": "anthropic/claude-sonnet-4-5",
                    "api_base": provider.url.removesuffix("/v1"),
                    "api_key": "none",
                },
            },
        ],
        "litellm_settings": {
            "callbacks": ["compresskit.integrations.litellm.handler", "proxy_parts.bills"],
            "num_retries": 0,
        },
        "router_settings": {"disable_cooldowns": True},
        "callback_settings": {"compresskit": compresskit},
        "guardrails": [
            {
                "guardrail_name": "watch",
                "litellm_params": {
                    "guardrail": "proxy_parts.Watch",
                    "mode": ["pre_call", "post_call"],
                    "default_on": True,
                },
            }
        ],
        "general_settings": {"master_key": MASTER, "custom_auth": "proxy_parts.user_api_key_auth"},
    }


@contextlib.contextmanager
def proxy(folder, settings, workers=1, variables=None):
    """A proxy that runs while the block does."""
    server = Proxy(folder, settings, workers, variables)
    try:
        server.start()
        yield server
    finally:
        server.kill()
