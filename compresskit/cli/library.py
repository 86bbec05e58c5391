"""Calls the library for the commands.

It reads no options and prints nothing.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ..sessions import Session
from .input import cache_of, is_result, library_errors
from .shrinker_options import quiet_litellm, shrinker_of

if TYPE_CHECKING:
    from .. import Compressed

DEFAULT_MODEL = "gpt-4o"
DEFAULT_TRIGGER = 200_000  # tokens, as for ``compress``
_PASSED = ("query", "shape", "embedding_model", "reranker", "rules", "prices", "token_factor")  # options as they are
SHOWN_SHARE = 0.4  # `show` without a target: what 40 % of the tokens would look like


def compress_one(conversation: Session, options: dict[str, Any]) -> Compressed:
    """The result of compress() as JSON. Options come before values in the file, and these before defaults."""
    from .. import compress

    fields, tools = conversation.fields, options["tools"]
    trigger, target = options["trigger"], options["target"]
    if trigger is None:
        trigger = (
            DEFAULT_TRIGGER if target is None or target < 1 else target
        )  # an error about the target names the target
    shrinker = shrinker_of(options)
    if options["embedding_model"] is not None or options["reranker"] is not None:
        quiet_litellm()
    with library_errors(conversation.where):
        return compress(
            conversation.messages,
            options["model"] or fields.get("model", DEFAULT_MODEL),
            trigger,
            target,
            tools=fields.get("tools") if tools is None else tools,
            recoverable=not options["no_recover"],
            cache=cache_of(conversation) if is_result(conversation) else None,
            shrinker=shrinker,
            **{name: options[name] for name in _PASSED},
        )


def compress_to_show(conversation: Session, options: dict[str, Any]) -> Compressed:
    """The same. If neither options nor file have a target, it is a fixed share of the tokens."""
    if options["trigger"] is None and options["target"] is None:
        whole = compress_one(conversation, {**options, "trigger": sys.maxsize})
        options = {**options, "target": max(1, int(whole.original_tokens * SHOWN_SHARE))}
    return compress_one(conversation, options)


def in_target(result: dict[str, Any]) -> bool:
    """Whether a result's JSON counts as a success."""
    return bool(result["target_met"]) or result["skipped_reason"] == "below_trigger"
