"""The options of commands that call compress(), each a flag of the command line, and the call."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

import click

from ..messages import SHAPES
from ..options import OPTIONS
from ..rules import Rule
from ..rules.recipes import named
from ..sessions import Session
from ..shrink.choices import Dtype, Method
from .input import InputError, cache_of, is_result, library_errors, read_tools

if TYPE_CHECKING:
    from .. import Compressed
    from ..shrink import Shrinking

DEFAULT_MODEL = "gpt-4o"
DEFAULT_TRIGGER = 200_000  # tokens, as for ``compress``
_PASSED = ("query", "shape", "embedding_model", "reranker", "rules", "prices", "token_factor")  # options as they are
SHOWN_SHARE = 0.4  # `show` without a target: what 40 % of the tokens would look like
_ONLY_LLMLINGUA = ("shrinker_method", "shrinker_device", "shrinker_dtype", "shrinker_rate")
_METHODS, _DTYPES = click.Choice(get_args(Method)), click.Choice(get_args(Dtype))
_SAYS = {name: option.meaning for name, option in OPTIONS.items()}


def options_of(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Several options of click as one decorator."""

    def add(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def rules_of(name: str) -> tuple[Rule, ...]:
    """The rules of a recipe, or of a file."""
    with library_errors(""):
        return named(name)


rules_option = click.option(
    "--rules", metavar="FILE", type=rules_of, help="Rules for texts: a TOML, YAML or JSON file, or a recipe."
)
# The options that become arguments of compress(), without ``--rules``: for a command that takes rules as an argument.
other_options = options_of(
    click.option("--model", help=f'Model to count tokens for.  [default: the file\'s "model", or {DEFAULT_MODEL}]'),
    click.option("--trigger", type=int, help=_SAYS["trigger"]),
    click.option("--target", type=int, help=_SAYS["target"]),
    click.option("--query", help=_SAYS["query"]),
    click.option(
        "--shape", type=click.Choice(["auto", *SHAPES]), default="auto", show_default=True, help=_SAYS["shape"]
    ),
    click.option("--no-recover", is_flag=True, help="Offer the model no retrieval tool."),
    click.option(
        "--tools",
        metavar="FILE",
        type=read_tools,
        help="The request's own tools, as JSON.  [default: the file's \"tools\"]",
    ),
    click.option("--embedding-model", metavar="MODEL", help=_SAYS["embedding_model"]),
    click.option("--reranker", metavar="MODEL", help=f"{_SAYS['reranker']} A model of LiteLLM."),
    click.option("--token-factor", type=float, default=1.0, help=_SAYS["token_factor"]),
    click.option("--prices", is_flag=True, help="The model's prices decide how much is kept."),
    click.option(
        "--shrinker",
        type=click.Choice(["llmlingua", "self"]),
        help="Say prose in fewer words if an excerpt would leave much out: with LLMLingua on this machine"
        " (the extra compresskit[llmlingua]), or with a model that LiteLLM calls.",
    ),
    click.option(
        "--shrinker-model",
        metavar="MODEL",
        help="For self: a model of LiteLLM. For llmlingua: a name on the hub, or a folder.",
    ),
    click.option("--shrinker-method", type=_METHODS, help="For llmlingua.  [default: llmlingua2]"),
    click.option("--shrinker-device", metavar="DEVICE", help="For llmlingua.  [default: cpu]"),
    click.option(
        "--shrinker-dtype", type=_DTYPES, help="For llmlingua: the type of the weights.  [default: float32 on a CPU]"
    ),
    click.option(
        "--shrinker-rate", type=float, metavar="SHARE", help="For llmlingua: keep at most this share of a text."
    ),
    click.option(
        "--shrinker-seconds", type=float, metavar="S", help="Use excerpts for texts that take longer than this."
    ),
)
request_options = options_of(other_options, rules_option)


def compress_one(conversation: Session, options: dict[str, Any]) -> Compressed:
    """The result of compress() as JSON. Options come before values in the file, and these before defaults."""
    from .. import compress

    fields, tools = conversation.fields, options["tools"]
    trigger, target = options["trigger"], options["target"]
    if trigger is None:  # an error about the target names the target
        trigger = DEFAULT_TRIGGER if target is None or target < 1 else target
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


def shrinker_of(options: dict[str, Any]) -> Shrinking | None:
    """The shrinker that the options ask for; the same one each time, since loading a model takes long."""
    kind = options["shrinker"]
    for name in ("shrinker_model", "shrinker_seconds", *_ONLY_LLMLINGUA):
        if options[name] is not None and (kind is None or (kind == "self" and name in _ONLY_LLMLINGUA)):
            wanted = "--shrinker llmlingua" if name in _ONLY_LLMLINGUA else "--shrinker"
            raise InputError(f"--{name.replace('_', '-')} is for {wanted}: add that, or leave the option out")
    if kind is None:
        return None
    if kind == "self" and options["shrinker_model"] is None:
        raise InputError("--shrinker self needs a model: --shrinker-model gpt-4o-mini, for example")
    with library_errors(""):
        return _made(kind, *(options[name] for name in ("shrinker_model", *_ONLY_LLMLINGUA, "shrinker_seconds")))


def quiet_litellm() -> None:
    """Keeps litellm from printing advice about errors to standard output, where the result goes."""
    import litellm

    litellm.suppress_debug_info = True


@cache
def _made(kind: str, model: Any, method: Any, device: Any, dtype: Any, rate: Any, seconds: Any) -> Shrinking:
    from ..shrink import LLMLingua, SelfLLM, Shrinking

    if kind == "self":
        quiet_litellm()
        return Shrinking(SelfLLM(model), max_seconds=seconds)
    own = LLMLingua(model, method=method or "llmlingua2", device=device or "cpu", dtype=dtype, rate=rate)
    return Shrinking(own, max_seconds=seconds)


def spent(options: dict[str, Any]) -> str:
    """The cost of the model behind a shrinker; "" if there is no model that is paid for each call."""
    from ..shrink import SelfLLM

    found = shrinker_of(options)
    if found is None or not isinstance(found.shrinker, SelfLLM):
        return ""
    usage = found.shrinker.usage
    tokens = f"{usage.prompt_tokens:,} + {usage.completion_tokens:,} tokens"
    price = f"${usage.cost:.4f}" + (f" without {usage.unpriced} that have no price" if usage.unpriced else "")
    return f"shrinker: {usage.requests} requests ({usage.failed} failed), {tokens}, {price}"
