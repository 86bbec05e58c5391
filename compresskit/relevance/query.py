"""Makes the query of a conversation, from the task, the last user message and the latest turns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from ..content import detect, introduces
from ..messages.asking import ends_like_a_question, gives_task, is_question
from ..messages.must_stay import first_run, newest_run
from ..messages.paragraphs import requests_in
from ..messages.requests import asks_surely, is_brief, requests_among
from ..types import Block, Embedder, Query, Reranker, Turn
from . import weights as tuning
from .embeddings import nearness
from .model_results import ends
from .reranking import reranking
from .terms import ASKING, mentions, terms, words

# Limits of time: terms and names of one source, and characters of its first line, and of its ends.
# A query of 50,000 words is judged by its beginning and its end.
_MAX_TERMS = 256
_MAX_MENTIONS = 64
_FIRST_CHARACTERS = 300
_SOURCE_CHARACTERS = 80_000
_QUESTION_CHARACTERS = 4_000  # of each of its texts, in which sources are named
_READ_CHARACTERS = 20_000  # of the newest results, by which it is judged whether they are running text

_PASSAGES = frozenset({"prose", "markdown"})  # kinds of running text; outputs of commands are lines


def derive(
    turns: Sequence[Turn], given: str | None, embedder: Embedder | None = None, reranker: Reranker | None = None
) -> Query:
    """The query of a conversation, or of the caller's own words instead."""
    if given is not None:
        question = newest = [given]
        explicit, sources = 1.0, [(given, 1.0)]
    else:
        asking = _asking(turns)
        question, newest = list(map(_asked, asking)), list(map(_asked, _asking(turns, task=False)))
        explicit = _explicit(turns, newest)
        sources = _sources(turns, explicit, asking, newest)
    asked_in = set(question)
    first_line = tuning.WEIGHTS.first_line_factor
    weights: dict[str, float] = {}
    named: dict[str, float] = {}
    asked: dict[str, float] = {}
    for text, weight in sources:
        first = terms(_title(text))
        for term in _bounded(terms(ends(text, _SOURCE_CHARACTERS)), _MAX_TERMS):
            share = tuning.WEIGHTS.asking_share if term in ASKING else 1.0
            weights[term] = max(weights.get(term, 0.0), share * weight * (first_line if term in first else 1.0))
            if text in asked_in:
                asked[term] = weights[term]
        for mention in _bounded(mentions(ends(text, _SOURCE_CHARACTERS)), _MAX_MENTIONS):
            named[mention] = max(named.get(mention, 0.0), weight)
            if text in asked_in:
                asked[mention.lower()] = max(asked.get(mention.lower(), 0.0), named[mention])
    near = nearness(embedder, sources) if embedder is not None else None
    texts = list(dict.fromkeys(question if explicit < 1 else newest))
    rerank = reranking(reranker, texts) if reranker is not None else None
    whole, last = ("\n".join(text[:_QUESTION_CHARACTERS] for text in each) for each in (question, newest))
    return Query(weights, named, near, asked, explicit, rerank, whole, last)


def _explicit(turns: Sequence[Turn], question: Sequence[str]) -> float:
    """How surely the last message asks about texts: less the more a user and an agent that acts take turns.

    0 for a message that asks nothing ("Go on."), and in the middle of an agent's work. In a chat without calls, or with
    calls that find passages to read, a question is about these texts, however long the chat is.
    """
    newest = newest_run(turns)
    if not newest:
        return 0.0
    reads = _reads(turns)
    if newest[-1] is not turns[-1] and not reads:
        return 0.0
    texts = [ends(text, _SOURCE_CHARACTERS) for text in question]
    asked = sum(len(terms(text).keys() | set(filter(str.isdigit, words(text)))) for text in texts)  # "§ 9", too
    asked += bool(asked) and any(map(ends_like_a_question, texts))
    says = min(1.0, asked / tuning.WEIGHTS.question_terms)
    acts = any(turn.calls or (not turn.human and any(block.call for block in turn.blocks)) for turn in turns)
    if not acts or reads:
        return says
    spoken = next((turn.index for turn in turns if turn.role == "assistant"), len(turns) - 1)
    return says / max(1, sum(turn.human for turn in turns[spoken:]))


def _reads(turns: Sequence[Turn]) -> bool:
    """Whether the newest calls returned running text, as a search for passages does, rather than code or records."""
    left, running = _READ_CHARACTERS, 0
    for turn in reversed(turns):
        for block in turn.blocks:
            if block.call and left > 0:
                text = block.text[:left]
                left -= len(text)
                running += len(text) * (detect(text, block.call).kind in _PASSAGES)
    return running > tuning.WEIGHTS.running_share * (_READ_CHARACTERS - left)


def _asking(turns: Sequence[Turn], task: bool = True) -> list[Block]:
    """The texts that hold the question and the task."""
    newest, first = newest_run(turns), first_run(turns)
    blocks = [*(_requests(first) if task and first != newest else ()), *_requests(newest)]
    asking = [block for block in blocks if block.instruction.strip()]
    beside = max(len(first), len(newest)) > 1 or any(block.data for block in (*_own(first), *_own(newest)))
    if beside:  # a text that asks nothing is material like the one beside it
        asking = [block for block in asking if _is_brief(block) or is_question(block.instruction)] or asking
    sure = [block for block in asking if gives_task(block.instruction)]
    if any(map(_says_something, sure)):  # only the last short text may be another request, which no word shows
        return sure + [block for block in asking[-1:] if _is_brief(block) and block not in sure]
    if not beside and any(map(_says_something, asking)):
        return asking
    return [*_system(turns), *asking] or blocks  # "Go on." leaves the question to the system


def _system(turns: Sequence[Turn]) -> list[Block]:
    """The system's texts, which say what to do if nobody else surely asks anything; only those that ask, if any do."""
    most = tuning.WEIGHTS.full_weight_characters
    found = [block for turn in turns if turn.role == "system" for block in turn.blocks if len(block.text) <= most]
    return [block for block in found if asks_surely(block.text)] or found


def _requests(run: Sequence[Turn]) -> list[Block]:
    """The texts that ask something in messages of humans which nobody answered in between."""
    own = _own(run)
    if len(run) == 1 and not any(block.data for block in own):
        return own
    return [own[number] for number in requests_among([block.text for block in own])]


def _own(run: Sequence[Turn]) -> list[Block]:
    return [block for turn in run for block in turn.blocks if not block.call]


def _says_something(block: Block) -> bool:
    return len(terms(ends(_asked(block), _SOURCE_CHARACTERS))) >= tuning.WEIGHTS.question_terms


def _asks(block: Block) -> bool:
    """Whether a text, or the instruction beside its data, is more than material."""
    return is_question(block.instruction) or asks_surely(block.instruction)


def _is_brief(block: Block) -> bool:
    """Whether a text is as short as a request."""
    return not block.data and is_brief(block.text)


def _asked(block: Block) -> str:
    """The request of a text, or else its instruction; of one that is all data, its beginning, which names it."""
    return _request(block) or block.text[:_FIRST_CHARACTERS]


def _request(block: Block) -> str:
    """The request of a text, or else its instruction; "" for one that is all data.

    A question comes first, since the first line counts most. Parts that are longer than the ones that surely ask only
    stay in case they ask, and count if they are questions.
    """
    if requests := requests_in(ends(block.instruction, _SOURCE_CHARACTERS)):
        return requests
    said = [block.text[start:end] for start, end in block.must]
    if not block.data or not said:
        return block.instruction
    if most := max(map(len, filter(asks_surely, said)), default=0):
        said = [part for part in said if len(part) <= most or is_question(part)]
    return "\n".join(sorted(said, key=lambda part: not ends_like_a_question(part.strip())))


def _sources(
    turns: Sequence[Turn], explicit: float, asking: Sequence[Block], now: Sequence[str]
) -> list[tuple[str, float]]:
    """Texts to judge against, with their weights; the same text once.

    The more surely the last message asks a question of its own, the less the latest turns of the assistant count: its
    last calls show which text it read last, and not which text the question is about.

    Args:
        turns: The conversation.
        explicit: How surely the last message asks about texts.
        asking: The texts that hold the question and the task.
        now: The newest question.
    """
    tuned = tuning.WEIGHTS
    found: dict[str, float] = {}

    def add(texts: Iterable[str], weight: float) -> None:
        for text in texts:
            # a longer text before the last question holds data, and each of its words tells less
            damped = min(1.0, tuned.full_weight_characters / max(1, len(text))) if found else 1.0
            found.setdefault(text, damped * weight)

    texts = list(map(_asked, asking))
    newest = next(iter(newest_run(turns)[-1:]), None)
    add((text for text in texts if text in now), tuned.asked_weight)
    answered = [
        (turn, after)
        for turn, after in pairwise(turns)
        if turn.human and after.role == "assistant" and turn is not newest
    ]
    # a new question in a conversation is about what came before, and seldom about how that was asked for
    share = tuned.task_share * tuned.follow_up_decay ** max(0, len(answered) - 1)
    add(texts, tuned.asked_weight * (1 - explicit * (1 - share) if found else 1.0))
    before = 1 - explicit * (1 - tuned.earlier_share)
    size = sum(len(block.text) for turn in turns for block in turn.blocks)
    messages = {block.message for block in asking}
    blocks = (block for turn in turns if turn.index in messages for block in turn.blocks if not block.call)
    material = {block.place: block.text for block in blocks if block.data and block.text}
    # the material beside a question says what other texts it is about, the more the shorter all of it is
    beside = 1 - sum(map(len, material.values())) / max(1, size)
    for (message, _), text in material.items():
        share = beside if newest is not None and message == newest.index else beside * before
        add([text], share * tuned.asked_weight * min(1.0, tuned.full_data_characters / len(text)))
    # What an agent was asked for before is often still to be done, and what it did not answer is context. A question
    # follows up the questions right before it.
    for back, (turn, after) in enumerate(reversed(answered[max(0, len(answered) - tuned.earlier_messages) :])):
        asked = [_request(block) for block in turn.blocks if not block.call and (_is_brief(block) or _asks(block))]
        # a request that was answered with a question is still open
        questions = [*asked, *(block.text for block in after.blocks)]
        share = tuned.follow_up_decay**back if any(map(ends_like_a_question, questions)) else tuned.earlier_share
        weight = tuned.earlier_weight * (1 - explicit * (1 - share))
        add((text for text in asked if 0 < len(text) <= tuned.max_request_characters), weight)
    spoken = [turn for turn in turns if turn.role == "assistant"]
    latest = tuned.latest_weight * (1 - explicit)
    for turn in spoken[max(0, len(spoken) - tuned.latest_turns) :] if latest else ():
        add((block.text for block in turn.blocks), latest)
        add(turn.fixed, latest)
    return list(found.items())


def _title(text: str) -> str:
    r"""The first line of a text; behind a line that only introduces it, the one that follows.

    >>> _title("Fix this:\n\nCrash at start\nIt crashes."), _title("Crash at start\nSteps:")
    ('Crash at start', 'Crash at start')
    """
    lines = [line for line in text.lstrip()[:_FIRST_CHARACTERS].split("\n") if line.strip()]
    return lines[1] if len(lines) > 1 and introduces(lines[0]) else (lines or [""])[0]


def _bounded(found: Iterable[str], most: int) -> list[str]:
    """All of them, or as many from the beginning as from the end."""
    listed = list(found)
    return listed if len(listed) <= most else listed[: most // 2] + listed[-most // 2 :]
