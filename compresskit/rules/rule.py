"""One rule: which texts it matches, and what may happen to them. It matches nothing itself: see ``matching``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from ..errors import InvalidArgument, check_whole, described, meant, shown

# What may happen to a text, each with its meaning. The published schema and the documentation have the same actions.
ACTIONS: Mapping[str, str] = {
    "keep": "never changes and never folds",
    "verbatim": "may be cut, but every line that is left has its own words: no compact form, no shrinker",
    "lossless": "stays complete and in its place; a compact form that holds all of it is allowed",
    "excerpt": "stays in its place, with at least its best segment; the rest may be left out",
    "signatures": "code becomes its signatures; any other text is ordinary",
    "stub": "becomes one line with a key",
    "shrink": "the shrinker says prose in fewer words, in place of an excerpt",
    "drop_when_stale": "becomes one line with a key as soon as a newer result of the same call is there",
}
# Kinds of text, as people name them -> as ``content.detect`` names them.
KINDS: Mapping[str, tuple[str, ...]] = {
    "code": ("python", "code"),
    "python": ("python",),
    "json": ("json", "jsonl"),
    "table": ("table",),
    "log": ("log",),
    "diff": ("diff",),
    "search": ("search",),
    "manual": ("manual",),
    "markdown": ("markdown",),
    "prose": ("prose",),
    "lines": ("lines",),
}
ROLES = ("user", "assistant", "tool", "system")
_WITH_MAX = ("verbatim", "excerpt", "signatures", "shrink")  # actions that may have ``max_tokens``
_PATTERNS = ("tool", "model", "call", "path")
# How to get rules from a name or a path, as a further sentence of an error.
_LOADED = " In compresskit.rules, recipe('coding-agent') returns those of a recipe, and load(PATH) those of a file."
_WHOLE_NUMBERS = ("older_than", "larger_than", "smaller_than", "max_tokens")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule: texts that match all of its conditions get its action. The first rule that matches a text counts.

    Patterns are names with ``*``, ``?`` and ``[…]`` as in file names, and upper case counts; a list of patterns matches
    if one of them does. A condition that is None matches every text.

    Attributes:
        action: One of ``ACTIONS``.
        max_tokens: The tokens of the form of a text, at most; for "verbatim", "excerpt", "signatures" and "shrink".
        tool: Patterns of the name of the tool whose result the text is; for an agent without tool calls, of the first
            word of its command.
        model: Patterns of the name of the model that the request is for.
        role: "user", "assistant", "tool" (a result, wherever it is) or "system".
        kind: One of ``KINDS``, as compresskit detects it.
        path: Patterns of the path of the file that a text was read from.
        call: Patterns of the whole call: the name of the tool and its arguments, or the command.
        contains: A piece of text that must occur; upper and lower case count as the same.
        failing: True for texts with words of failure (error, failed, traceback …), False for texts without.
        older_than: The messages of the assistant behind the text must be more than this.
        larger_than: The tokens of the text must be more than this.
        smaller_than: The tokens of the text must be fewer than this.
        name: What reports call the rule.

    Raises:
        InvalidArgument: A field has a wrong value.

    Examples:
        >>> Rule(tool="get_policy", action="keep").action
        'keep'
    """

    action: str
    max_tokens: int | None = None
    tool: str | Sequence[str] | None = None
    model: str | Sequence[str] | None = None
    role: str | None = None
    kind: str | None = None
    path: str | Sequence[str] | None = None
    call: str | Sequence[str] | None = None
    contains: str | None = None
    failing: bool | None = None
    older_than: int | None = None
    larger_than: int | None = None
    smaller_than: int | None = None
    name: str = ""

    def __post_init__(self) -> None:
        for field, allowed in (("action", ACTIONS), ("role", ROLES), ("kind", KINDS)):
            value = getattr(self, field)
            if not (value is None and field != "action") and value not in tuple(allowed):
                raise InvalidArgument(
                    f"{field} is {shown(value)}; {_one_of(allowed)} was expected{_meant(value, allowed)}."
                )
        for field in _PATTERNS:
            if (value := getattr(self, field)) is not None:
                object.__setattr__(self, field, _patterns(field, value))
        for field in _WHOLE_NUMBERS:
            if (number := getattr(self, field)) is not None:
                check_whole(field, number, least=0 if field == "older_than" else 1, advice="Leave it out for no bound.")
        if self.max_tokens is not None and self.action not in _WITH_MAX:
            raise InvalidArgument(
                f"max_tokens is given with action {self.action!r}, which has no use for it; one of "
                f"{', '.join(_WITH_MAX)} was expected. Leave max_tokens out, or choose one of them."
            )
        if not (self.contains is None or (isinstance(self.contains, str) and self.contains)):
            raise InvalidArgument(f"contains is {described(self.contains)}; a text that is not empty was expected.")
        if not (self.failing is None or isinstance(self.failing, bool)):
            raise InvalidArgument(f"failing is {shown(self.failing)}; true or false was expected.")
        if not isinstance(self.name, str):
            raise InvalidArgument(f"name is {described(self.name)}; a text was expected.")

    def as_dict(self) -> dict[str, Any]:
        """The fields that are set, as a file has them.

        >>> Rule(tool="get_policy", action="keep").as_dict()
        {'action': 'keep', 'tool': ['get_policy']}
        """
        given = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in given if value not in (None, "")
        }

    @property
    def title(self) -> str:
        """The name of the rule in reports: its own, or its conditions and its action.

        >>> Rule(tool="read_*", larger_than=500, action="excerpt").title
        'tool=read_*, larger_than=500: excerpt'
        """
        if self.name:
            return self.name
        conditions = ", ".join(
            f"{field.name}={' or '.join(value) if isinstance(value, tuple) else value}"
            for field in fields(self)
            if field.name not in ("action", "name", "max_tokens") and (value := getattr(self, field.name)) is not None
        )
        most = "" if self.max_tokens is None else f", at most {self.max_tokens} tokens"
        return f"{conditions or 'every text'}: {self.action}{most}"


def checked(rules: Any, where: str = "rules") -> tuple[Rule, ...]:
    """Rules from a list of rules, or of mappings of their fields.

    Raises:
        InvalidArgument: It is no such list, or a field is unknown or has a wrong value. The error names the rule.

    >>> checked([{"tool": "browser_*", "action": "excerpt", "max_tokens": 500}])[0].tool
    ('browser_*',)
    """
    if rules is None:
        return ()
    if isinstance(rules, str | bytes | Mapping | Rule) or not isinstance(rules, Iterable):
        raise InvalidArgument(
            f"{where} is {described(rules)}; a list of rules was expected, such as "
            f"[Rule(tool='get_policy', action='keep')].{_LOADED if isinstance(rules, str) else ''}"
        )
    return tuple(_rule(one, f"{where}[{number}]") for number, one in enumerate(rules))


def checked_rules(rules: Any, shrinker: object) -> tuple[Rule, ...]:
    """The argument ``rules`` of ``compress``, checked together with its shrinker."""
    found = checked(rules)
    for number, rule in enumerate(found):
        if rule.action == "shrink" and shrinker is None:
            raise InvalidArgument(
                f"rules[{number}] has the action 'shrink', and there is no shrinker; one was expected. Pass shrinker=, "
                f"such as compresskit.shrink.LLMLingua(), or choose 'excerpt'."
            )
    return found


def _rule(value: Any, where: str) -> Rule:
    if isinstance(value, Rule):
        return value
    if not isinstance(value, Mapping):
        raise InvalidArgument(f"{where} is {described(value)}; a Rule, or a mapping of its fields, was expected.")
    known = [field.name for field in fields(Rule)]
    for name in value:
        if name not in known:
            raise InvalidArgument(
                f"{where} has the field {shown(name)}; {_one_of(known)} was expected{_meant(name, known)}."
            )
    if "action" not in value:
        raise InvalidArgument(f"{where} has no action; {_one_of(ACTIONS)} was expected.")
    try:
        return Rule(**value)
    except InvalidArgument as error:
        raise InvalidArgument(f"{where}: {error}") from None


def _patterns(field: str, value: Any) -> tuple[str, ...]:
    found = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list | tuple) else ()
    if not found or not all(isinstance(pattern, str) and pattern for pattern in found):
        raise InvalidArgument(
            f"{field} is {described(value)}; a pattern or a list of patterns was expected, such as 'read_*'."
        )
    return found


def _one_of(names: Iterable[str]) -> str:
    return "one of " + ", ".join(names)


def _meant(value: Any, names: Iterable[str]) -> str:
    """The name that was probably meant, as the end of a sentence."""
    near = meant(value, names)
    return f"; perhaps {near!r} is meant" if near else ""
