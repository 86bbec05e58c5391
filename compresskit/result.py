"""The result of compress(): the messages, the cache, the tools, and a row for every decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from .types import Message, Path, Tool

Action = Literal["kept", "protected", "compact", "shrunk", "excerpt", "stub", "fold"]
SkippedReason = Literal["below_trigger", "fits_trigger", "costs_more", "no_gain", "protected"]
ToolAction = Literal["whole", "shortened", "deferred"]

_REASONS = {
    "below_trigger": "below the trigger",
    "costs_more": "a compaction would cost more than it saves",
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
    """The form that one block was given, with the reason.

    A folded block has no tokens of its own: its marker message is counted with the first block of the run.

    Attributes:
        message: The index of the message in the input.
        path: The place of the block in that message, such as ``("content", 0, "text")``. It is () for all parts of a
            message that are no texts: if the target is missed, the large ones have a decision too.
        action: "kept", "protected", "compact", "shrunk", "excerpt", "stub" or "fold".
        key: The name of the original in the cache. None if the text is unchanged.
        tokens_before: The cost of the block in the input.
        tokens_after: The cost of the block in the result.
        score: The relevance of the block.
        why: The reason, in words.
        rule: The index of the rule that matched the block. None if no rule did.
    """

    message: int
    path: Path
    action: Action
    key: str | None
    tokens_before: int
    tokens_after: int
    score: float
    why: str
    rule: int | None = None


class Mark(NamedTuple):
    """A place where Anthropic caches: the index of a message, and of its part. Part -1 is the message itself.

    ``ttl`` is how long, "" for the provider's usual five minutes.
    """

    message: int
    part: int
    ttl: str = ""


class Change(NamedTuple):
    """A text in another form: the index of its message, its path there, and the new text.

    The place is a path of keys and indices, such as ``("content", 0, "text")``. If it ends in "shortened_json", the
    JSON value at the path before it became an object with this one field.
    """

    message: int
    path: Path
    text: str


class ToolDecision(NamedTuple):
    """How the definition of one tool is offered, with the reason.

    Attributes:
        name: The name of the tool.
        action: "whole", "shortened", or "deferred": the model finds it by a search.
        tokens_before: The cost of the whole definition.
        tokens_after: The cost of what is offered of it. The name of a deferred tool is counted with our own tools.
        why: The reason, in words.
    """

    name: str
    action: ToolAction
    tokens_before: int
    tokens_after: int
    why: str


@dataclass(frozen=True, eq=False)
class Compressed(Mapping[str, Any]):
    """The result of compress(). It is also a mapping with the keys that litellm.compress returns, and more.

    Attributes:
        messages: The messages to send instead of the original ones.
        tools: The caller's tools and, if text was taken out, the retrieval tool. None if there are no tools, so that
            ``tools=result.tools`` never sends an empty list.
        cache: The mapping from keys to original texts, as they were behind a ``before``. For a fold, the text is the
            messages as JSON. For a shrunk text, it also holds the issued text, so that it is recognised again. This is
            user data.
        original_tokens: The cost of the whole request before: messages, overhead, tools.
        compressed_tokens: The cost of the whole request after.
        floor_tokens: The fewest tokens that this conversation can be brought to. Equal to ``compressed_tokens`` if
            nothing was tried.
        model: The model that the tokens were counted for.
        trigger: The trigger of this call.
        target: The target of this call.
        skipped_reason: "below_trigger", "fits_trigger" (what the turn before sent was kept, with the new messages
            behind it), "costs_more" (the same above the trigger, because by the prices a compaction does not pay yet,
            and the model's context window has room), "protected" (what has to stay is above the target by itself;
            ``decisions`` say why it stays), "no_gain" (nothing could be made smaller), or None.
        decisions: One for each block, in order; behind them, what else held up a missed target. Empty below the
            trigger.
        token_factor: The tokens of the model for each token that was counted, as ``compress`` was given it.
        estimate: True if the model's own tokenizer is not known here, so that all counts are o200k_base's.
        breakpoints: The places where ``request`` has cache_control marks that compresskit added. ``messages`` has none,
            so that it stays the same from turn to turn.
        settled_tokens: The size of this conversation after its last compaction. A compaction that was not used because
            it gained too little counts too. 0 before the first one.
        bill: With prices: what the requests of this conversation have cost so far with the provider's cache, in
            micro-dollars, without retrievals. 0 without prices.
        bill_without: The same if everything had been sent.
        entered: One for each result of this turn that entered in a shorter form before it was first sent.
        forms: The places in ``messages`` of texts that are forms of originals: index and path.
        tool_decisions: One for each definition that ``tool_budget`` could shorten or defer. Empty if the tools are as
            they were.
        replaced: The places in ``messages`` of texts that the ``before`` of the caller gave. The texts before are
            withheld: only ``restore`` puts them back.
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
    bill: int = 0
    bill_without: int = 0
    entered: tuple[Decision, ...] = ()
    forms: tuple[tuple[int, Path], ...] = ()
    tool_decisions: tuple[ToolDecision, ...] = ()
    replaced: tuple[tuple[int, Path], ...] = ()
    token_factor: float = 1.0

    @property
    def compression_ratio(self) -> float:
        """The share of the tokens that is gone: 0.6 means 60 % fewer."""
        if not self.original_tokens:
            return 0.0
        return round(1 - self.compressed_tokens / self.original_tokens, 4)

    @property
    def target_met(self) -> bool:
        """Whether the result fits the target, or nothing had to be done."""
        return self.skipped_reason in ("below_trigger", "fits_trigger") or self.compressed_tokens <= self.target

    @property
    def deferred_tools(self) -> tuple[str, ...]:
        """The names of the tools that the model finds by a search."""
        return tuple(row.name for row in self.tool_decisions if row.action == "deferred")

    @property
    def changes(self) -> tuple[Change, ...]:
        """The texts that changed, for callers who keep objects of their own instead of ``messages``.

        Apply them to your messages, whose indices are the same. There are none if messages were folded: pass
        ``folds=False``, so that every message stays in its place.
        """
        if any(decision.action == "fold" for decision in self.decisions):
            return ()
        found = []
        for index, path in (*self.forms, *self.replaced):
            text: Any = self.messages[index]
            for step in path:
                text = text[step]
            found.append(Change(index, path, text))
        return tuple(found)

    @property
    def request(self) -> dict[str, Any]:
        """``messages`` and, if there are any, ``tools``: keyword arguments for the model call."""
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
        """The fields alone, without the attributes that make the next turn faster."""
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
            lines.append(", ".join(f"{count} {action}" for action, count in _actions(self.decisions).items()))
        if self.tool_decisions:
            counts = ", ".join(f"{count} {action}" for action, count in _actions(self.tool_decisions).items())
            lines.append(f"tools: {counts}")
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
            what, tokens = "unchanged", f"{self.original_tokens:,}"
            if self.tool_decisions:
                what, tokens = "messages unchanged", f"{tokens} -> {self.compressed_tokens:,}"
            return f"{what} ({reason}): {about}{tokens} tokens, trigger {self.trigger:,}{missed}"
        met = "met" if self.target_met else f"not met, floor {self.floor_tokens:,}"
        return (
            f"{about}{self.original_tokens:,} -> {self.compressed_tokens:,} tokens "
            f"({self.compression_ratio:.0%} fewer), target {self.target:,} {met}"
        )

    def _repr_html_(self) -> str:
        """The figures of every message as a table, for notebooks. It shows a message's first words, and no more."""
        from importlib import import_module

        # By name: the page is above this module, and it is needed only if a notebook asks.
        html: str = import_module("compresskit.view").fragment(self)
        return html


def _actions(decisions: Sequence[Decision] | Sequence[ToolDecision]) -> dict[str, int]:
    """The number of decisions of each action."""
    found: dict[str, int] = {}
    for decision in decisions:
        found[decision.action] = found.get(decision.action, 0) + 1
    return found


def _marked(message: Message, mark: Mark) -> Message:
    """A copy with the mark; a text becomes a list of one part, which means the same."""
    field = {"cache_control": {"type": "ephemeral", **({"ttl": mark.ttl} if mark.ttl else {})}}
    if mark.part < 0:
        return {**message, **field}
    content = message["content"]
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
    parts[mark.part] = {**parts[mark.part], **field}
    return {**message, "content": parts}
