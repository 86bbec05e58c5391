"""The options of the command line that make a shrinker: read together, so that none is ignored."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, get_args

import click

from ..errors import CompresskitError
from ..shrink.choices import Dtype, Method
from .input import InputError

if TYPE_CHECKING:
    from ..shrink import Shrinking

_ONLY_LLMLINGUA = ("shrinker_method", "shrinker_device", "shrinker_dtype", "shrinker_rate")
_METHODS, _DTYPES = click.Choice(get_args(Method)), click.Choice(get_args(Dtype))
OPTIONS = [
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
]


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
    try:
        return _made(kind, *(options[name] for name in ("shrinker_model", *_ONLY_LLMLINGUA, "shrinker_seconds")))
    except CompresskitError as error:
        raise InputError(str(error)) from error


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
