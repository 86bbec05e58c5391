"""The numbers of this package that decide which text is kept: of new results, and of a conversation that goes on."""

from __future__ import annotations

from dataclasses import dataclass

from .._weights import weight

_BILL = "`python -m evals bill --compressors compresskit-views`"
_BILL_PRICES = "`python -m evals bill --compressors conversation-views`"


@dataclass(frozen=True, kw_only=True)
class TurnWeights:
    """Weights of compaction from turn to turn."""

    # Compact forms on entry (on_entry.py)
    min_entry_characters: int = weight(
        240, "characters of a new result, minimum for a compact form: a marker would cost the gain of a shorter one"
    )
    min_entry_gain_tokens: int = weight(24, "tokens that a form has to save on entry, minimum")
    max_entry_share: float = weight(0.9, "tokens of a form on entry as a share of those of its text, maximum")

    # Excerpts on entry (entry_excerpts.py)
    min_excerpt_tokens: int = weight(
        100, "tokens of a new result above which it is brought to an excerpt: the bill may ask for more", _BILL
    )
    entry_asked_share: float = weight(
        0.1, "e: share of the excerpts on entry whose whole text the model retrieves later", _BILL
    )
    min_shown_tokens: int = weight(
        50,
        "tokens of a long new result that stay in any case",
        f"{_BILL_PRICES}: 40 to 60 are alike; with 0 and a share of 0.25 coding is 0.375 and plain-chat 0.651, "
        "not 0.369 and 0.643",
    )
    excerpt_share: float = weight(
        0.2,
        "share that stays of the further tokens of a long new result",
        f"{_BILL_PRICES}: with 0.15, 0.2 and 0.22 coding 0.383, 0.369 and 0.377, plain-chat 0.659, 0.643, 0.649",
    )
    first_read_share: float = weight(
        0.4,
        "the same for a file that is read for the first time, whose lines are edited and called later",
        f"{_BILL_PRICES}: with 0.2, 0.35, 0.4 and 0.5 coding turns that need a retrieval 5.6, 4.1, 3.7 and 3.7 %, "
        "coding 0.390, 0.405, 0.415 and 0.453, plain-chat 0.676, 0.684, 0.686 and 0.694",
    )
    larger_excerpt_share: float = weight(
        0.6,
        "the same for results of which a smaller excerpt would show nothing",
        f"{_BILL_PRICES}: 0.4 to 0.6 are alike for coding; plain-chat 0.69, 0.689 and 0.681",
    )
    max_ranged_lines: int = weight(
        100,
        "lines of a file that a call asks for by their numbers, up to which they enter whole",
        f"{_BILL_PRICES}: coding turns that need a retrieval 6.4 % without, 5.6 % with it",
    )
    max_edited_tokens: int = weight(
        600,
        "tokens of a file that an agent reads which edits files, up to which it enters whole",
        f"{_BILL_PRICES}: with 0, 600 and 1,000 coding turns that copy or need a text 12.4, 10.9 and 10.5 %",
    )
    min_edited_line_characters: int = weight(
        20, "characters of a line that tells that a call repeats a file, minimum: as for `copying` of the bill"
    )
    excerpt_names_share: float = weight(0.5, "share of names in what an excerpt on entry adds to its floor", _BILL)
    min_frame_characters: int = weight(
        60,
        "characters at one end of a new result that the result before has there too, minimum: a marker costs as much",
    )
    context_messages: int = weight(8, "messages before the new ones that excerpts on entry are judged against")
    context_requests: int = weight(6, "latest messages of the user that excerpts on entry are judged against")

    # New results that repeat an earlier text (repeats.py)
    min_repeated_share: float = weight(
        0.6,
        "share of a new result that repeats a text above, from which on only the rest is sent; above 1: never",
        _BILL,
    )
    repeated_value_share: float = weight(
        0.01, "share of the value that is left to a segment of a new result that can be read above it"
    )
    min_repeated_segment_characters: int = weight(120, "characters of a segment that is looked for above, minimum")
    max_repeated_segment_characters: int = weight(800, "characters of a segment that is looked for above, maximum")

    newest_asked_share: float = weight(
        0.25,
        "share of the compactions that take text out of the newest results after which the model retrieves it",
        "`python -m evals bill --compressors conversation`: with 0, 0.25, 0.5 and 1 plain-chat 0.950, 0.952, 0.952 and "
        "0.988, its dearest run 1.25, 1.02, 1.02 and 1.02, short runs 0.771, 0.771, 0.779 and 1.021",
    )

    # When a compaction comes by the prices, and what it keeps (economics.py)
    debt_share: float = weight(
        0.02,
        "share of the bill so far that a compaction may cost beyond what was saved before it",
        "`python -m evals bill --compressors conversation`",
    )
    horizon_share: float = weight(
        0.25,
        "requests that are expected to follow, as a share of those since the last compaction",
        "`python -m evals bill --compressors conversation-views`, with each of the four groups left out: 0.15 to 0.35 "
        "are within 0.01; coding runs alone would take 0.5, and τ-bench 0.15",
    )
    max_asked_tokens: float = weight(
        1_000.0,
        "tokens of a retrieval that is expected after a compaction, maximum: long texts are asked for in parts",
    )
    max_window_share: float = weight(
        0.75, "share of a model's context window up to which a compaction may be put off because it does not pay"
    )
    max_tool_share: float = weight(
        0.02,
        "tokens of the retrieval tool as a share of the trigger, up to which it is offered from the first turn on",
        "`python -m evals bill --compressors conversation`: with 0.015, 0.02 and 0.03 plain-chat 0.976, 0.958 and "
        "0.952, short runs 0.736, 0.736 and 0.771; with 0.03, 9 of 31 runs of ten requests cost 1.01 to 1.02",
    )
    max_views_tool_share: float = weight(
        0.045,
        "the same if new results enter as excerpts, which need the tool",
        f"{_BILL_PRICES}, with each of the four groups left out: 0.045 of 0.03, 0.04, 0.045 and 0.05; with 0.05 one "
        "τ-bench run costs 1.27",
    )
    using_share: float = weight(
        0.5, "q: share of the turns that use some text of their history", '"using" of `python -m evals bill`'
    )
    decay_share: float = weight(
        0.15,
        "c: kept share of a history at which the share of turns that miss a text has fallen to 1 / e",
        "1 - support of `python -m evals agent-points --target 0.1,0.2,0.3,0.4,0.6`",
    )
    asking_factor: float = weight(
        4.0,
        "a: cost of asking for a text as a multiple of its tokens, since it takes a turn and may be omitted",
        "`python -m evals bill --compressors compresskit-prices`: from 3 to 5 the bill of coding runs goes from 0.52 "
        "to 0.56, their turns that need a retrieval from 5.2 to 5.0 %",
    )


WEIGHTS = TurnWeights()
