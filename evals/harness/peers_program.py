"""Runs in the virtual environment of the peers: reads a request a line, and writes what one of them makes of it.

It imports nothing of the project. What a peer prints goes to standard error.
"""

import json
import os
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from typing import Any

Messages = list[dict[str, Any]]


def headroom(messages: Messages, model: str) -> Messages:
    found: Messages = import_module("headroom").compress(messages, model=model).messages
    return found


def leanctx(messages: Messages, _model: str) -> Messages:
    middleware = import_module("leanctx").Middleware({"mode": "on", "trigger": {"threshold_tokens": 0}})
    found: Messages = middleware.compress_messages(messages)[0]
    return found


PEERS = {"headroom": ("headroom-ai", headroom), "leanctx": ("leanctx", leanctx)}


def answer(question: dict[str, Any], package: str, function: Callable[[Messages, str], Messages]) -> dict[str, Any]:
    if question.get("version"):
        return {"version": version(package)}
    return {"messages": function(question["messages"], question["model"])}


def main() -> None:
    package, function = PEERS[sys.argv[1]]
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what it prints is no answer
    for line in sys.stdin:
        try:
            found = answer(json.loads(line), package, function)
        except Exception as error:
            found = {"error": f"{sys.argv[1]}: {type(error).__name__}: {error}"[:300]}
        out.write(json.dumps(found) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
