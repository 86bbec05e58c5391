"""Calls each SDK in every way that the tests know, with our clients and with leanctx's wrappers.

The server is on this machine and speaks the three protocols. A way compresses if the request that arrives there is
smaller than half of the conversation. leanctx shortens with a model, which is the same server. Both packages are in a
virtual environment of their own. With ``--write``, the table in docs/clients.md and the short one in README.md are
written anew.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from try_releases import ROOT, environment, ran, write

PEER = "leanctx"
TEXT = "\n\n".join(f"In the year {1000 + n}, the harbour had {n * 7 % 90} ships and {n} lamps." for n in range(900))
QUESTION = "How many lamps had the harbour in 1042?"
ANSWER = '{"answer": "42"}'
SUMMARIZER = "summarizer"
SDKS = {"openai": "chat completions", "responses": "Responses", "anthropic": "Messages", "gemini": "generateContent"}
PEERS = {
    "mode": "on",
    "trigger": {"threshold_tokens": 2_000},
    "routing": dict.fromkeys(("code", "error", "prose", "long_important"), "selfllm"),
    "selfllm": {"provider": "openai", "model": SUMMARIZER, "api_key": "none", "ratio": 0.3},
}
OURS = {"trigger": 4_000, "target": 3_000}


def answer(body: dict[str, Any]) -> str:
    """What the server says: as a summarizer a few words, else the answer."""
    return "The harbour had lamps." if body.get("model") == SUMMARIZER else ANSWER


def requests_of(sdk: str) -> dict[str, Any]:
    """A conversation above both triggers."""
    turns = [("user", TEXT), ("assistant", "I read it."), ("user", QUESTION)]
    messages = [{"role": role, "content": text} for role, text in turns]
    if sdk == "openai":
        return {"model": "gpt-4o", "messages": messages}
    if sdk == "responses":
        return {"model": "gpt-4o", "input": messages}
    if sdk == "anthropic":
        return {"model": "claude-test", "max_tokens": 100, "messages": messages}
    roles = {"user": "user", "assistant": "model"}
    return {
        "model": "gemini-2.5-pro",
        "contents": [{"role": roles[role], "parts": [{"text": text}]} for role, text in turns],
    }


def client_of(package: str, sdk: str, kind: str, url: str) -> Any:
    """A client of a package."""
    ours = package == "compresskit"
    module = __import__("compresskit.clients" if ours else PEER, fromlist=["OpenAI"])
    options = {"compresskit": OURS} if ours else {"leanctx_config": PEERS}
    if sdk == "gemini":
        http = {"base_url": url.removesuffix("/v1"), "api_version": "v1beta"}
        return module.Gemini(api_key="none", http_options=http, **options)
    name = ("Async" if kind == "async" else "") + ("Anthropic" if sdk == "anthropic" else "OpenAI")
    base = url.removesuffix("/v1") if sdk == "anthropic" else url
    return getattr(module, name)(base_url=base, api_key="none", **options)


def ways_of(sdk: str) -> dict[str, Callable[..., Any]]:
    """The ways of an SDK; see tests/helpers."""
    if sdk in ("openai", "responses"):
        import sdk_ways

        return sdk_ways.CHAT if sdk == "openai" else sdk_ways.RESPONSES
    if sdk == "anthropic":
        import claude_ways

        return claude_ways.WAYS
    import gemini_ways

    return gemini_ways.WAYS


def verdict(package: str, sdk: str, way: str, kind: str) -> str:
    """What becomes of a request in one way: compressed, untouched, or the error."""
    import gemini_ways
    import sdk_ways
    from protocol_server import serving

    with serving(answer) as server:
        os.environ["OPENAI_BASE_URL"] = server.url
        try:
            client = client_of(package, sdk, kind, server.url)
            function = ways_of(sdk)[way]
            if sdk == "gemini":
                gemini_ways.wait(function, client, kind, **requests_of(sdk))
            else:
                sdk_ways.wait(function, client, **requests_of(sdk))
        except Exception as error:
            return f"fails ({type(error).__name__})"
        sent = [one.content for one in server.received if SUMMARIZER.encode() not in one.content]
    return "compressed" if sent and len(sent[0]) < len(TEXT) / 2 else "not compressed"


def inside() -> dict[str, Any]:
    """What both packages do, in an environment that has them."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "helpers")]
    litellm = find_spec("litellm")
    if litellm and litellm.origin:  # the vocabularies that it bundles, so that nothing is fetched
        os.environ["TIKTOKEN_CACHE_DIR"] = str(Path(litellm.origin).parent / "litellm_core_utils" / "tokenizers")
    found = {}
    for sdk in SDKS:
        for way in ways_of(sdk):
            both = {
                package: sorted({verdict(package, sdk, way, kind) for kind in ("sync", "async")})
                for package in ("compresskit", PEER)
            }
            found[f"{sdk} {way}"] = {package: " / ".join(said) for package, said in both.items()}
    return found


def table(found: dict[str, dict[str, str]], releases: dict[str, str]) -> str:
    """A line for each SDK and outcome."""
    lines = [f"| | `compresskit.clients` | {PEER} {releases[PEER]} |", "| --- | --- | --- |"]
    for sdk, title in SDKS.items():
        ways = {name.partition(" ")[2]: said for name, said in found.items() if name.partition(" ")[0] == sdk}
        cells = []
        for package in ("compresskit", PEER):
            outcomes: dict[str, list[str]] = {}
            for way, said in ways.items():
                outcomes.setdefault(said[package], []).append(f"`{way}`")
            cells.append(
                f"all {len(ways)} ways {next(iter(outcomes))}"
                if len(outcomes) == 1
                else "; ".join(f"{said}: {', '.join(names)}" for said, names in outcomes.items())
            )
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def short(found: dict[str, dict[str, str]], releases: dict[str, str]) -> str:
    """How many ways compress, and which ones the peer misses: a line for each SDK."""
    lines = [
        f"| ways that compress | `compresskit.clients` | {PEER} {releases[PEER]} | missed by {PEER} |",
        "| --- | --- | --- | --- |",
    ]
    for sdk, title in SDKS.items():
        ways = {name.partition(" ")[2]: said for name, said in found.items() if name.partition(" ")[0] == sdk}
        ours, theirs = (
            [way for way, said in ways.items() if said[name] == "compressed"] for name in ("compresskit", PEER)
        )
        missed = [f"`{way}`" for way in ways if way not in theirs]
        told = "all" if len(missed) == len(ways) else ", ".join(missed) or "none"
        lines.append(f"| {title} | **{len(ours)} of {len(ways)}** | {len(theirs)} of {len(ways)} | {told} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="write the tables in docs/clients.md and README.md")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the environment there, and use it again")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        print(json.dumps(inside()))
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        needs = ["opentelemetry-sdk", "openai", "anthropic", "google-genai", PEER]
        python, releases, wrong = environment((given.keep or Path(temporary)) / "wrappers", needs)
        if wrong:
            print(wrong, file=sys.stderr)
            return 1
        done = ran([str(python), str(Path(__file__)), "--inside"])
        if done.returncode:
            print(done.stderr, file=sys.stderr)
            return 1
        found = json.loads(done.stdout.splitlines()[-1])
        for name, said in found.items():
            print(f"{name:28} {said['compresskit']:20} {said[PEER]}")
        if given.write:
            write("docs/clients.md", "wrappers", table(found, releases))
            write("README.md", "wrappers", short(found, releases))
    return int(any(said["compresskit"] != "compressed" for said in found.values()))


if __name__ == "__main__":
    sys.exit(main())
