"""What compress() returns: the messages, the cache, the tools, and an account of every decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from .types import Message, Path, Tool

Action = Literal["kept", "protected", "compact", "shrunk", "excerpt", "stub", "fold"]
SkippedReason = Literal["below_trigger", "fits_trigger", "no_gain", "protected"]

_REASONS = {
    "below_trigger": "below the trigger",
    "no_gain": "nothing could be made smaller",
    "protected": "everything had to stay",
}
_KEYS = (
    "messages",
    "tools",
    "cache",
    "original_tokens",
    "compressed_tokens",
    "compression_ratio",
    "target_met",
    "floor_tokens",
    "skipped_reason",
    "decisions",
)


class Decision(NamedTuple):
    """The form that one block was given.

    ``message`` is its index in the input, ``path`` its place in that message, ``key`` names the original
    in the cache (None where the text is unchanged). A folded block has no tokens of its own; its marker
    message is counted with the first block of the run.
    """

    message: int
    path: Path
    action: Action
    key: str | None
    tokens_before: int
    tokens_after: int
    score: float
    why: str


class Mark(NamedTuple):
    """Where Anthropic is told to cache: a message, by index, and its part; -1 is the message itself.

    ``ttl`` is how long, "" for the provider's usual five minutes.
    """

    message: int
    part: int
    ttl: str = ""


@dataclass(frozen=True, eq=False)
class Compressed(Mapping[str, Any]):
    """The result of compress(). Also a mapping, with the keys that litellm.compress has and more.

    Attributes:
        messages: to send instead of the original ones.
        tools: the caller's tools and, where something was taken out, the retrieval tool; None where there
            are none, so that ``tools=result.tools`` never sends an empty list.
        cache: key -> original text (for a fold: the messages as JSON); for a shrunk text also what was
            issued, so that it is known again. User data: keep it where the conversation may be kept.
        original_tokens, compressed_tokens: of the whole request: messages, overhead, tools.
        floor_tokens: the fewest tokens this conversation can be brought to; ``compressed_tokens`` where nothing was
            tried (see ``skipped_reason``).
        target_met: ``compressed_tokens <= target``, or nothing had to be done.
        skipped_reason: "below_trigger", "fits_trigger" (what the turn before sent was kept, new messages behind
            it), "protected" (what has to stay is above the target by itself, and nothing
            was gained by the rest: ``decisions`` say why it has to), "no_gain" (nothing could be made smaller),
            or None.
        decisions: one for every block, in order; empty below the trigger.
        breakpoints: where ``request`` has cache_control marks of ours; ``messages`` has none, so that they stay the
            same from turn to turn.
        settled_tokens: what this conversation came to when all of it was last compressed, also where that was not used
            since it gained too little; 0 before the first time.
        estimate: the model's own tokenizer is not known here, so all counts are o200k_base's.
    """

    messages: list[Message]
    tools: list[Tool] | None
    cache: dict[str, str]
    original_tokens: int
    compressed_tokens: int
    floor_tokens: int
    model: str
    trigger: int
    target: int
    skipped_reason: SkippedReason | None = None
    decisions: tuple[Decision, ...] = ()
    estimate: bool = False
    breakpoints: tuple[Mark, ...] = ()
    settled_tokens: int = 0

    @property
    def compression_ratio(self) -> float:
        """The share of the tokens that is gone: 0.6 means 60 % fewer."""
        if not self.original_tokens:
            return 0.0
        return round(1 - self.compressed_tokens / self.original_tokens, 4)

    @property
    def target_met(self) -> bool:
        return self.skipped_reason in ("below_trigger", "fits_trigger") or self.compressed_tokens <= self.target

    @property
    def request(self) -> dict[str, Any]:
        """``messages`` and, where there are any, ``tools``: keyword arguments for the model call."""
        messages = list(self.messages) if self.breakpoints else self.messages
        for mark in self.breakpoints:
            messages[mark.message] = _marked(messages[mark.message], mark)
        return {"messages": messages, **({"tools": self.tools} if self.tools else {})}

    def __eq__(self, other: object) -> bool:
        """Two results are equal if all of their fields are; a result and another mapping, if their items are."""
        if isinstance(other, Compressed):
            return all(getattr(self, name) == getattr(other, name) for name in self.__dataclass_fields__)
        return super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]  # it holds lists

    def __getstate__(self) -> dict[str, Any]:
        """The fields alone: what turns hand on to make them faster is no part of a result."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def __getitem__(self, key: str) -> Any:
        if key not in _KEYS:
            raise KeyError(key)
        return getattr(self, key)

    def __iter__(self) -> Iterator[str]:
        return iter(_KEYS)

    def __len__(self) -> int:
        return len(_KEYS)

    def __str__(self) -> str:
        lines = [self._headline()]
        if self.decisions:
            lines.append(", ".join(f"{count} {action}" for action, count in self._actions().items()))
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Compressed {self._headline()}>"

    def _headline(self) -> str:
        about = "about " if self.estimate else ""
        if self.skipped_reason == "fits_trigger":
            return (
                f"fits the trigger of {self.trigger:,}, nothing that was sent before is changed: "
                f"{about}{self.original_tokens:,} -> {self.compressed_tokens:,} tokens"
            )
        if self.skipped_reason:
            reason = _REASONS[self.skipped_reason]
            missed = "" if self.target_met else f", target {self.target:,} not met"
            return f"unchanged ({reason}): {about}{self.original_tokens:,} tokens, trigger {self.trigger:,}{missed}"
        met = "met" if self.target_met else f"not met, floor {self.floor_tokens:,}"
        return (
            f"{about}{self.original_tokens:,} -> {self.compressed_tokens:,} tokens "
            f"({self.compression_ratio:.0%} fewer), target {self.target:,} {met}"
        )

    def _actions(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for decision in self.decisions:
            found[decision.action] = found.get(decision.action, 0) + 1
        return found

    def _repr_html_(self) -> str:
        """The headline and the decisions as a table, for notebooks. It shows no text of the messages."""
        from html import escape

        rows = "".join(
            f"<tr><td>{decision.message}</td><td>{escape(decision.action)}</td>"
            f"<td style='text-align:right'>{decision.tokens_before:,}</td>"
            f"<td style='text-align:right'>{decision.tokens_after:,}</td>"
            f"<td style='text-align:right'>{decision.score:.2f}</td><td>{escape(decision.why)}</td></tr>"
            for decision in self.decisions
        )
        head = "".join(f"<th>{name}</th>" for name in ("message", "action", "before", "after", "score", "why"))
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
        box = f"<div style='max-height:32em;overflow:auto'>{table}</div>" if rows else ""
        return f"<p><b>compresskit</b>: {escape(self._headline())}</p>{box}"


def _marked(message: Message, mark: Mark) -> Message:
    """A copy with the mark; a text becomes a list of one part, which means the same."""
    field = {"cache_control": {"type": "ephemeral", **({"ttl": mark.ttl} if mark.ttl else {})}}
    if mark.part < 0:
        return {**message, **field}
    content = message["content"]
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
    parts[mark.part] = {**parts[mark.part], **field}
    return {**message, "content": parts}
