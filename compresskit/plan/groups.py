"""Messages that are kept or folded together: exchanges, and runs of small messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..markers.fold_quotes import frame_of
from ..messages.exchanges import exchanges
from ..messages.parts import CHARACTERS_PER_TOKEN
from ..types import Place, Turn
from . import weights as tuning

_CHARACTERS_PER_TOKEN_OF_ID = 1.5  # characters of a token of an id, as such an estimate


class Atom(NamedTuple):
    """Messages ``first`` to ``last`` (inclusive), which are kept or folded together."""

    first: int
    last: int
    foldable: bool
    quoted: bool = False  # whether its kept lines are quoted within a fold
    alone: bool = True  # whether it can fold without another atom beside it
    many: bool = False  # whether it has so many texts that a marker or a quoted line for each is much of the room


def atoms(
    turns: Sequence[Turn], places: Sequence[str], texts: Mapping[Place, str], room: int, folds: bool = True
) -> list[Atom]:
    """The conversation in runs that stay together: a call with all its results, or small talk.

    Args:
        turns: The conversation.
        places: For each message the reason why it stays in its place; "" if it may fold.
        texts: The reasons why texts must stay, by place. A message with such a text does not fold.
        room: The tokens that the messages may have in the end. Runs of small talk are small in proportion.
        folds: Whether messages may fold at all.
    """
    tuned = tuning.WEIGHTS
    # a marker between two messages costs more tokens than a message of this size
    least = tuned.small_talk_characters
    most = max(least, min(tuned.max_run_characters, room // tuned.min_runs_in_room * CHARACTERS_PER_TOKEN))
    thinking = _open_thinking(turns)
    found: list[Atom] = []
    run: int | None = None  # the first of small messages, to which others may join
    left = 0  # characters that they may still have
    staying = {message for message, _ in texts}
    free = [
        not (why or turn.opaque or turn.cached or index in staying)
        for index, (turn, why) in enumerate(zip(turns, places, strict=True))
    ]  # whether nothing of a message must stay in its place
    for first, last in exchanges(turns):
        turn = turns[first]
        foldable = folds and last < thinking and (free[first] if first == last else all(free[first : last + 1]))
        size = sum([len(block.text) for block in turn.blocks]) if foldable and first == last else most
        small = size < least and not turn.fixed
        if run is not None and small and 0 < left >= size:
            left -= size
            continue
        if run is not None:
            found.append(Atom(run, first - 1, True, alone=_is_fold(turns[run:first])))
        run = first if small else None
        left = most - size
        if not small:
            members = turns[first : last + 1]
            quoted = foldable and first < last and _is_mostly_frame(members)
            many = sum([len(turn.blocks) for turn in members]) > tuned.max_own_stubs
            found.append(Atom(first, last, foldable, quoted, _is_fold(members), many))
    if run is not None:
        found.append(Atom(run, len(turns) - 1, True, alone=_is_fold(turns[run:])))
    return found


def _is_fold(turns: Sequence[Turn]) -> bool:
    """Whether a fold can replace these messages. It is a message of the user, so one of another role only shortens."""
    return len(turns) > 1 or turns[0].role == "user"


def _open_thinking(turns: Sequence[Turn]) -> int:
    """The first message of the tool loop that is still open, if it has thinking; else the number of messages.

    A fold is a message of the user. Within the open loop, it would end the model's turn, so the next turn would not
    begin with thinking. Anthropic refuses that (platform.claude.com, "Extended thinking").
    """
    first = next((turn.index + 1 for turn in reversed(turns) if turn.human), 0)
    return first if any(turn.thinking for turn in turns[first:]) else len(turns)


def _is_mostly_frame(turns: Sequence[Turn]) -> bool:
    """Whether a good part of an exchange's tokens are its ids, overhead and fields beside its texts, by an estimate."""
    if not any(turn.calls for turn in turns) or any(turn.role == "user" and not turn.answers for turn in turns):
        return False  # in a fold, the user's words behind an agent's command would look like the command's output
    ids = frame_of(turns)
    aside = sum(len(text) for turn in turns for text in turn.unread)  # such as reasoning, which no quoted line needs
    frame = sum(turn.extra for turn in turns) + sum(map(len, ids)) / _CHARACTERS_PER_TOKEN_OF_ID
    frame += aside / CHARACTERS_PER_TOKEN
    characters = sum(len(block.text) for turn in turns for block in turn.blocks)
    characters += sum(len(text) for turn in turns for text in turn.fixed) - sum(map(len, ids))
    return frame >= tuning.WEIGHTS.min_fold_frame_share * (frame + characters / CHARACTERS_PER_TOKEN)
