"""The proxy's settings for compresskit, and whether a key or a request wants it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from ...chat.policy import HEADER, NAME, SWITCH, Policy, switched
from ...errors import InvalidArgument, described, shown
from ...options import (
    PROXY,
    Check,
    anything,
    check_flag,
    check_model,
    check_options,
    checked_factor,
    is_names,
    must,
    or_none,
)
from ...rules import Rule, checked, checked_rules, load
from ...rules.hooks import Function, checked_hook
from ...stores import DiskStore, MemoryStore, RedisStore, Store
from ...stores.limits import TTL
from ...stores.redis import SCHEMES
from .status import SinceStart

if TYPE_CHECKING:  # its locks need a POSIX system
    from ...ledger import Ledger

_SECTION = f"callback_settings.{NAME}."
_VARIABLE = "os.environ/"
_IMPORT_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")


@dataclass(frozen=True)
class Settings(Policy):
    """``callback_settings.compresskit`` of the proxy's config.yaml.

    ``enabled`` counts if neither the key nor the request decides. A reranker is a name, and ``open`` has names only.
    ``rules`` are a list, or the path of a file; those of a key and of its team come before them. ``before`` and
    ``after`` are import paths of functions or objects, such as "my_hooks.redact"; they may be beside the config.

    Attributes:
        store: The store for conversations between their requests: "" for none, "memory" for each worker's own memory,
            a Redis URL, or "disk:" and a directory.
        ttl: The seconds until the store forgets a conversation that does not go on.
        telemetry: Whether spans and metrics are written through OpenTelemetry; see ``compresskit.telemetry``.
        token_factor: As for ``compress``: a number for all models, or numbers by pattern of the model's name.
        ledger: The file of a ledger, to which each call is added; "" for none. See ``compresskit.ledger``.
    """

    taker: ClassVar[str] = PROXY
    store: str = ""
    ttl: int = TTL
    telemetry: bool = False
    token_factor: float | dict[str, float] = 1.0
    ledger: str = ""

    @classmethod
    def of(cls, config: Any, written: Any = None, file: str | None = None) -> Settings:
        """Settings from a section of the config.

        Args:
            config: The section as the proxy has read it, with the values of variables.
            written: The section as it is in the file, so that an error can name a variable that is not set.
            file: The path of the config, beside which the modules of hooks may be.

        Raises:
            InvalidArgument: A name or a value is not a valid setting. Then the proxy does not start.
        """
        if config is None:
            return cls()
        if not isinstance(config, Mapping):
            raise InvalidArgument(
                f"callback_settings.{NAME} is {shown(config)}; settings were expected, such as 'trigger: 100000'."
            )
        for name, value in config.items():
            _check_variable(name, value, written)
        check_options(PROXY, config, _OWN, _SECTION)
        made = cls(**config)
        made.open_store()  # raises any other error of the store; nothing is created or connected yet
        before, after = (_hook(name, getattr(made, name), file) for name in ("before", "after"))
        rules = _rules(made.rules, f"{_SECTION}rules") or None
        return replace(made, rules=rules, before=before, after=after)

    def factor_of(self, model: str) -> float:
        """The factor of a model: the first one whose pattern is like its name, or 1."""
        if not isinstance(self.token_factor, Mapping):
            return self.token_factor
        return next((factor for pattern, factor in self.token_factor.items() if fnmatchcase(model, pattern)), 1.0)

    def open_store(self) -> Store | None:
        """The store of the settings; None if there is none."""
        if not self.store:
            return None
        if self.store == "memory":
            return MemoryStore(ttl=self.ttl)
        if self.store.startswith("disk:"):
            return DiskStore(self.store.removeprefix("disk:"), ttl=self.ttl)
        return RedisStore(self.store, ttl=self.ttl)

    def open_ledger(self) -> Ledger | SinceStart | None:
        """The ledger of the settings, or sums in memory if there is none. The first entry creates its file."""
        if not self.ledger:
            return SinceStart() if os.name == "posix" else None
        from ...ledger import Ledger

        return Ledger(self.ledger)


_check_text = must(
    lambda value: isinstance(value, str),
    f"a text was expected. Put it in quotes, or leave it out. If it is {_VARIABLE}NAME, set NAME before the proxy "
    "starts.",
    described,
)
_check_names = or_none(must(is_names, "a list of roles and names of tools was expected, such as [system]."))


def _check_store(name: str, value: Any) -> None:
    _check_text(name, value)
    named = value in ("", "memory") or value.startswith((*SCHEMES, "disk:"))
    if not named or value == "disk:":
        raise InvalidArgument(  # without the value: a URL may hold a password
            f"{name} is none of memory, disk:DIRECTORY, {', '.join(SCHEMES)}; one of them was expected, such as "
            f"redis://localhost:6379."
        )


def _check_factors(name: str, value: Any) -> None:
    for factor in value.values() if isinstance(value, Mapping) else (value,):
        checked_factor(factor, name)


# Checks of settings whose values are others than in Python.
_OWN: Mapping[str, Check] = {
    "after": anything,
    "before": anything,
    "embedding_model": or_none(check_model),
    "ledger": _check_text,
    "open": _check_names,
    "prices": or_none(check_flag),
    "reranker": or_none(check_model),
    "rules": anything,
    "secret": _check_text,
    "store": _check_store,
    "token_factor": _check_factors,
}


def _check_variable(name: str, value: Any, written: Any) -> None:
    """Raises InvalidArgument for a variable that is not set. The proxy then reads ``os.environ/NAME`` as None."""
    named = written.get(name) if isinstance(written, Mapping) else None
    source = value if isinstance(value, str) and value.startswith(_VARIABLE) else named
    if isinstance(source, str) and source.startswith(_VARIABLE) and value in (None, "", source):
        variable = source.removeprefix(_VARIABLE)
        raise InvalidArgument(
            f"{_SECTION}{name} is {shown(source)}, but the environment variable {variable} is not set; "
            f"a value was expected. Set it before the proxy starts, or leave {name} out."
        )


class Wish(NamedTuple):
    """What a request, its key and the key's team wish.

    Attributes:
        wanted: Whether to compress the request.
        rules: The rules of the key, and behind them those of the team.
        wrong: Why a choice or a rule is not understood: the request is not compressed then; "" if all is.
    """

    wanted: bool
    rules: tuple[Rule, ...] = ()
    wrong: str = ""


def wish_of(default: bool, data: Mapping[str, Any], key: Mapping[str, Any], team: Mapping[str, Any]) -> Wish:
    """The wish of a request. It can always decline. It can ask only if neither key nor team forbids it.

    A key or team may have rules beside its choice: ``{"enabled": "on", "rules": […]}``.

    Args:
        default: The proxy's ``enabled``.
        data: The request, with its header, metadata or field.
        key: The metadata of its key.
        team: The metadata of the key's team.

    >>> wish_of(False, {"compresskit": "on"}, {}, {}).wanted
    True
    >>> wish_of(True, {"compresskit": "maybe"}, {}, {}).wrong
    'the field compresskit is not understood; on, true, 1, yes, off, false, 0 or no was expected'
    """
    given = {"key": key.get(NAME), "team": team.get(NAME)}
    enabled = (one.get("enabled") if isinstance(one, Mapping) else one for one in given.values())
    granted = next((word for word in enabled if word is not None), None)
    choices = [
        (where, word)
        for where, word in (_own_word(data), ("the metadata of the key or team", granted))
        if word is not None
    ]
    *words, last = SWITCH
    for where, word in choices:
        if switched(word) is None:
            return Wish(False, wrong=f"{where} is not understood; {', '.join(words)} or {last} was expected")
    try:
        rules = tuple(
            rule
            for name, one in given.items()
            if isinstance(one, Mapping)
            for rule in checked(one.get("rules"), f"metadata of the {name}: {NAME}.rules")
        )
    except InvalidArgument as error:
        return Wish(False, wrong=str(error).removesuffix("."))
    return Wish(all(switched(word) for _, word in choices) if choices else default, rules)


def _rules(value: Any, where: str) -> tuple[Rule, ...]:
    """Rules from a list, or from the file at a path. No rule shrinks: the proxy has no shrinker."""
    found = load(value) if isinstance(value, str) and value else checked(value or None, where)
    return checked_rules(found, None)


def _hook(name: str, value: Any, file: str | None) -> Function | None:
    """The hook of an import path."""
    where = f"{_SECTION}{name}"
    if not isinstance(value, str):
        return checked_hook(name, value)
    if not _IMPORT_PATH.fullmatch(value):
        raise InvalidArgument(
            f"{where} is {shown(value)}; the import path of a function was expected, such as my_hooks.redact."
        )
    from litellm.proxy.types_utils.utils import get_instance_fn

    try:
        found = get_instance_fn(value, config_file_path=file)
    except Exception as error:
        raise InvalidArgument(
            f"{where} is {shown(value)}, which cannot be imported ({type(error).__name__}); a function in a module was "
            f"expected. Put the module beside the config, or on the Python path."
        ) from error
    return checked_hook(name, found)


def _own_word(data: Mapping[str, Any]) -> tuple[str, Any]:
    """The first place of a request that holds a choice (its header, its body or its metadata), and its value."""
    sent = data.get("proxy_server_request")
    headers = sent.get("headers") if isinstance(sent, Mapping) else None
    for name, value in headers.items() if isinstance(headers, Mapping) else ():
        if str(name).lower() == HEADER:
            return f"the header {HEADER}", value
    places = {f"the field {NAME}": data}
    places |= {f"{name}.{NAME}": data[name] for name in ("metadata", "litellm_metadata") if name in data}
    for where, place in places.items():
        if isinstance(place, Mapping) and place.get(NAME) is not None:
            return where, place[NAME]
    return "", None
