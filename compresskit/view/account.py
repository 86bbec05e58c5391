"""The account of a result: what each message cost before and after, and what is beside the texts, in sums that add up.

A result is a mapping with the fields that the command line writes (``as_fields``), so that a result from a file can be
shown too. Its texts are restored and counted again with the model's tokenizer. A message has the tokens of its texts,
and a run that was folded has all tokens of its messages. The other tokens of a request are in rows of their own: calls
and other fields, tools, and the overhead of messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from ..markers.restore import unfold
from ..messages import read
from ..messages.parts import MESSAGE_TOKENS, REPLY_TOKENS
from ..messages.shapes import first_words, speaker
from ..options import checked_factor
from ..result import Compressed
from ..tokens.measure import Measure, measure_for
from ..types import Message, Turn


class Figures(NamedTuple):
    """Tokens before and after."""

    before: int
    after: int

    @property
    def gone(self) -> int:
        return self.before - self.after


class Text(NamedTuple):
    """A text before and after. ``after`` is None if it went with its message into a fold."""

    before: str
    after: str | None


class Unit(NamedTuple):
    """A message, or a run of messages that became one.

    Attributes:
        first: The index of the first message in the original.
        size: The number of messages in the original.
        role: The roles of the messages.
        tokens: The tokens of its texts; of a fold, all tokens of the messages before and after.
        action: What became of them: "kept", "protected", "compact", "shrunk", "excerpt", "stub" or "fold".
        why: The reason for the largest text.
        words: Some words to know the first message by.
        texts: For each message, its texts.
        calls: For each message, the calls and other fields that no form changes.
        marker: The text that replaces a run.
    """

    first: int
    size: int
    role: str
    tokens: Figures
    action: str
    why: str
    words: str
    texts: list[list[Text]]
    calls: list[str]
    marker: str

    @property
    def label(self) -> str:
        """The indices of the messages: "3" or "3-7"."""
        last = self.first + self.size - 1
        return str(self.first) if self.size == 1 else f"{self.first}-{last}"

    @property
    def is_counted(self) -> bool:
        """Whether there is a text that costs something: a call without a text has no figures of its own."""
        return bool(self.why or self.tokens.before)


class Account(NamedTuple):
    """All rows of a result. The tokens of ``units`` and ``rest`` add up to ``total``.

    Attributes:
        units: A row for each message, or for each run of messages that was folded, in order.
        rest: The rows beside the texts, by name: "calls" (with ids and other fields), "tools", "overhead".
        total: The tokens of the whole request.
    """

    units: list[Unit]
    rest: dict[str, Figures]
    total: Figures

    def by_loss(self) -> list[Unit]:
        """The units, those that lost the most first."""
        return sorted(self.units, key=lambda unit: -unit.tokens.gone)

    def of_message(self, index: int) -> Unit | None:
        """The unit of a message of the original."""
        return next((unit for unit in self.units if unit.first <= index < unit.first + unit.size), None)


def as_fields(result: Compressed) -> dict[str, Any]:
    """A result as a JSON object; no "tools" if there are none, so that it can be sent as it is."""
    named = {name: getattr(result, name) for name in ("model", "trigger", "target", "token_factor")}
    fields = {**named, **result}
    if fields["tools"] is None:
        del fields["tools"]
    return {**fields, "decisions": [decision._asdict() for decision in result.decisions]}


def headline(result: Mapping[str, Any]) -> str:
    """One line: tokens before and after, the target and whether it was met, the floor."""
    before, after = result["original_tokens"], result["compressed_tokens"]
    if result["skipped_reason"] == "below_trigger":
        return f"{before:,} tokens, not above the trigger of {result['trigger']:,}: left as it is"
    kept = after / before if before else 1.0
    met = "met" if result["target_met"] else "NOT met"
    reason = {
        "costs_more": " (a compaction would cost more than it saves)",
        "no_gain": " (nothing can be made smaller)",
        "protected": " (everything has to stay)",
    }
    no_gain = reason.get(result["skipped_reason"], "")
    line = f"{before:,} -> {after:,} tokens ({kept:.0%} kept), target {result['target']:,} {met}"
    return f"{line}, floor {result['floor_tokens']:,}{no_gain}"


def account(result: Mapping[str, Any]) -> Account:
    """The account of a result.

    Raises:
        InvalidArgument: The token factor is none.
        InvalidMessages: The messages cannot be read.
    """
    messages = result["messages"]
    runs = unfold(messages, result["cache"]).runs
    originals = [message for run in runs for message in run]
    before, after = read(originals, "auto").turns, read(messages, "auto").turns
    measure = measure_for(str(result["model"]), None, checked_factor(result.get("token_factor", 1.0)))
    decisions: dict[int, list[Mapping[str, Any]]] = {}
    for decision in result["decisions"]:
        decisions.setdefault(decision["message"], []).append(decision)
    units: list[Unit] = []
    placed: set[int] = set()  # the messages of the result that are no folds
    start = 0
    for index, run in enumerate(runs):
        if not run:
            continue
        stop = next((at for at in range(index + 1, len(runs)) if runs[at]), len(runs))
        indices = range(start, start + len(run))
        made = [one for at in indices for one in decisions.get(at, [])]
        units.append(_unit(indices, run, [before[at] for at in indices], after[index:stop], made, measure))
        if not units[-1].marker:
            placed.add(index)
        start += len(run)
    total = Figures(result["original_tokens"], result["compressed_tokens"])
    alone = {unit.first for unit in units if not unit.marker}
    stay = [turn for turn in before if turn.index in alone], [turn for turn in after if turn.index in placed]
    return Account(units, _rest(total, units, *stay, measure), total)


def _unit(
    indices: range,
    messages: Sequence[Message],
    before: Sequence[Turn],
    after: Sequence[Turn],
    decisions: Sequence[Mapping[str, Any]],
    measure: Measure,
) -> Unit:
    folded = len(messages) > 1 or any(decision["action"] == "fold" for decision in decisions)
    size = measure.turns if folded else partial(_texts, measure=measure)
    forms = {} if folded else {block.path: block.text for turn in after for block in turn.blocks}
    largest = max(decisions, key=lambda decision: decision["tokens_before"], default={"why": ""})
    actions = dict.fromkeys(decision["action"] for decision in decisions)
    return Unit(
        first=indices[0],
        size=len(messages),
        role=", ".join(dict.fromkeys(map(speaker, messages))),
        tokens=Figures(size(before), size(after)),
        action=", ".join(actions) or ("fold" if folded else "kept"),
        why=largest["why"],
        words=first_words(messages[0]),
        texts=[[Text(block.text, forms.get(block.path)) for block in turn.blocks] for turn in before],
        calls=["\n".join(text for text in turn.constant if text.strip()) for turn in before],
        marker="\n".join(block.text for turn in after for block in turn.blocks) if folded else "",
    )


def _rest(
    total: Figures, units: Sequence[Unit], before: Sequence[Turn], after: Sequence[Turn], measure: Measure
) -> dict[str, Figures]:
    """The tokens beside the texts. The tools are what no other row explains."""
    rows: list[tuple[int, int, int]] = []
    for whole, texts, turns in (
        (total.before, sum(unit.tokens.before for unit in units), before),
        (total.after, sum(unit.tokens.after for unit in units), after),
    ):
        frames = MESSAGE_TOKENS * len(turns)
        fields = sum(map(measure.constant, turns)) - frames
        overhead = frames + REPLY_TOKENS
        tools = whole - texts - fields - overhead
        # Another tokenizer than the caller's counter: there is no telling fields, tools and overhead apart.
        rows.append((fields, tools, overhead) if tools >= 0 else (whole - texts, 0, 0))
    (fields, tools, overhead), (fields_after, tools_after, overhead_after) = rows
    return {
        "calls": Figures(fields, fields_after),
        "tools": Figures(tools, tools_after),
        "overhead": Figures(overhead, overhead_after),
    }


def _texts(turns: Iterable[Turn], measure: Measure) -> int:
    return sum(measure.count(block.text) for turn in turns for block in turn.blocks)
