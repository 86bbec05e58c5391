"""The config in the documentation of the LiteLLM proxy runs as it is, with the variables that an operator sets."""

import json
import re
from pathlib import Path

import yaml
from protocol_server import serving
from proxy_model import conversation, document, secret, thinks
from proxy_server import MASTER, proxy
from redis_server import redis_server

PAGE = Path(__file__).parents[2] / "docs" / "litellm-proxy.md"


def test_the_config_of_the_documentation_runs(tmp_path):
    [text] = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    settings = yaml.safe_load(text)
    long = "\n".join(document(f"part {number}", 400) for number in range(16))
    with serving(thinks) as provider, redis_server() as redis:
        variables = {
            "REDIS_URL": redis.url,
            "OPENAI_API_KEY": "none",
            "OPENAI_BASE_URL": provider.url,
            "LITELLM_MASTER_KEY": MASTER,
        }
        with proxy(tmp_path, settings, variables=variables) as running:
            body = {"model": "gpt-4o", "messages": conversation("readme", "retrieve", extra=long)}
            status, headers, answer = running.ask("/v1/chat/completions", body, key=MASTER)
    assert status == 200, answer
    assert secret("readme") in json.loads(answer)["choices"][0]["message"]["content"]
    assert int(headers["x-compresskit-original-tokens"]) > 100_000
    assert int(headers["x-compresskit-compressed-tokens"]) <= 60_000
    assert headers["x-compresskit-rounds"] == "1"
    assert "x-compresskit-error" not in headers, "the store is the one that REDIS_URL names"
    assert len(provider.requests) == 2
