"""The numbers of this package that decide which text is kept: the cutting of texts, and the choice of the budget."""

from __future__ import annotations

from dataclasses import dataclass

from .._weights import weight
from ..content import FORMS

_AGENTS = "`python -m evals agent-points`"
_BILL = "`python -m evals bill`"
_HELP = "help.openai.com, 'What are tokens and how to count them?'"


@dataclass(frozen=True, kw_only=True)
class PlanWeights:
    """Weights of the choice within a budget."""

    # Messages that fold together (groups.py)
    small_talk_characters: int = weight(
        120, "characters of a message below which it is kept or folded with its small neighbours; 0: no message is"
    )
    max_run_characters: int = weight(480, "characters of a run of small messages, maximum")
    min_runs_in_room: int = weight(40, "runs of small messages that should fit the room, so that its end can be spent")
    min_fold_frame_share: float = weight(
        0.04,
        "share of ids and overhead in an exchange from which on a fold quotes its kept lines; above 1: it never does",
        f"{_AGENTS}: without quoted lines the support falls by about 0.1",
    )

    # Segments (segmenting.py)
    max_toolless_tokens: int = weight(
        2_000, "budget tokens up to which forms that need no retrieval tool (about 85 tokens) are tried for all texts"
    )
    min_gone_per_tool: float = weight(
        2.0,
        "tokens of what may be left out of a request, per token of the retrieval tool, from which on any of it is left "
        "out: below, most of what is saved pays for the tool",
    )
    max_excerpted_form_share: float = weight(
        0.65,
        "characters of a compact form of JSON as a share of the JSON without indentation, up to which an excerpt is "
        "made of the form; a form that fits as a whole is used whatever it saves",
        "`python -m evals needs --groups needs/*`",
    )
    max_explicit_of_forms: float = weight(
        0.4,
        "how surely the last message may ask about the texts, from 0 to 1, if they still get compact forms although "
        "most text has to go",
        "`python -m evals needs --groups needs/tables_wtq`: 0.72 with forms, 0.88 without",
    )
    enough_segments: int = weight(2_500, "segments of a conversation that are enough to choose from in a large room")
    room_tokens_per_segment_character: int = weight(
        100, "budget tokens per character of a segment, minimum: a segment is a four-hundredth of the room"
    )
    min_segment_characters: int = weight(120, "characters of a segment, minimum")
    min_quoted_segment_characters: int = weight(
        40, "characters of a segment of a compact form within a fold, minimum: a gap costs next to nothing there"
    )
    max_segment_characters: int = weight(1_600, "characters of a segment, maximum")
    max_segment_tokens: int = weight(400, "tokens of a segment, maximum: dense text has them in far fewer characters")
    min_segment_tokens: int = weight(60, "tokens of the largest segment, minimum")
    min_segments_in_room: int = weight(8, "segments that should fit a small target")
    density_sample_characters: int = weight(
        400, "characters of a sample whose tokens give the density of a text; 0: every text counts as plain"
    )
    max_plain_word_characters: int = weight(12, "characters of a word with its space in text of known density, maximum")
    plain_token_characters: int = weight(4, "characters of a token in text of known density", _HELP)
    compact_forms: frozenset[str] = weight(
        frozenset(FORMS), "compact forms that may be used; a text whose best form is missing stays as it is"
    )

    # Repeated and outdated text (judging.py)
    repeated_share: float = weight(0.1, "share of the value that is left to a segment that a later text shows too")
    discounts_repeats: bool = weight(
        True,
        "whether a segment that a later text shows too loses value; a text that is shown completely is kept or left "
        "out as one",
    )
    drops_outdated: bool = weight(
        True, "whether a read of a file is worth nothing once a later read of the same call shows another text"
    )

    # Stubs that share one marker (costs.py)
    min_shared_texts: int = weight(3, "texts in succession whose shortest stubs share one marker, minimum")
    max_own_stubs: int = weight(
        8, "texts of one exchange up to which its small texts stay, since a marker would cost as much, maximum"
    )

    # Value per token (knapsack.py)
    sole_share: float = weight(
        0.5,
        "share of the characters of all texts from which on an output is judged by what it says itself, and its rows "
        "are picked out although no question is asked last",
        f"{_AGENTS} --target 0.2: with rows of all texts 0.870, with those of such outputs 0.89 (coding)",
    )
    max_question_characters: int = weight(
        200, "characters of a request up to which it picks out rows of any result while an agent works on it"
    )
    density_exponent: float = weight(
        0.5, "exponent of the tokens in value per token: plain value / tokens would fill the budget with small scraps"
    )
    answer_share: float = weight(
        0.5,
        "share of the best value of a message that its answer gets, if the last message asks; 0: none",
        "answers to earlier questions (MTRAG) 0.75 to 0.85, long chats (LoCoMo) 0.76 to 0.81, follow-ups 0.87 to 0.85",
    )
    entity_value: float = weight(
        0.7,
        "value of an entity of weight 1 in a text of one token; 0: no entity counts",
        f"{_AGENTS}: without entities the support falls by 0.02 (coding) and 0.05 (τ-bench)",
    )
    picked_value: float = weight(
        1_000.0, "value per token of a row that the question surely means, which is more than any other text can have"
    )
    diminishing_factor: float = weight(
        0.87,
        "factor of a segment's value for each doubling of the segments of its text that are kept; 1: no diminishing",
        "`python -m evals swe-bench --retention` (factors of 0.84 to 0.93 are alike): gold lines 0.858 to 0.860",
    )

    # The room (budget.py)
    min_spent_share: float = weight(
        0.5, "share of the room above the floor that is spent at any prices, because a caller wants a target to be used"
    )
    beyond_share: float = weight(
        0.3,
        "share of the tokens between floor and trigger that is spent if the target is below the floor",
        f"{_BILL}: a smaller share causes more retrievals; a larger share fills the trigger sooner",
    )
    max_spare_share: float = weight(0.002, "share of the room that may stay unspent after the first writing, maximum")
    max_second_writing_tokens: int = weight(
        24_000,
        "tokens of the room up to which a second writing spends the rest of the first; 0: there is none",
        "`python -m evals bench` for the time",
    )

    max_described_share: float = weight(
        0.5, "share of the room above the floor that the descriptions in stubs may take; otherwise stubs have none"
    )

    # Names in markers (hints.py)
    names_share: float = weight(
        0.06,
        "share of names in the tokens that the plan can spend; 0: no names",
        f"{_AGENTS} --target 0.4: support 0.90 to 0.96 (coding), 0.90 to 0.91 (τ-bench); 0.05 to 0.08 are alike",
    )
    lasting_names_share: float = weight(
        0.0096,
        "share of names in the kept text of a history that goes on, times the square of the kept share k: equal to "
        "names_share at k = 0.4, and more if less is kept, since a name serves more turns than its line; 0: no names",
        f"{_BILL}, which assumes that a turn needs no more than a name",
    )
    max_names_share: float = weight(0.3, "share of names in the kept text of a history that goes on, maximum", _BILL)
    max_names_share_beyond: float = weight(
        0.7, "the same maximum if the target is below the floor, so that lines would hardly fit", _BILL
    )

    # Signatures in gaps (hints.py)
    signatures_share: float = weight(
        0.01,
        "share of signatures in the room; 0: no signatures",
        f"{_AGENTS}: with more, coding agents find less of what they need next; without, their support falls by 0.05",
    )

    # Stubs and shrunk texts (costs.py, shrinking.py)
    min_stub_gain_tokens: int = weight(16, "tokens that a stub has to save, since each indirection costs the reader")
    max_shrunk_share: float = weight(
        0.7, "share of a block's value in its excerpt from which on no shrinker is asked", "`python -m evals shrink`"
    )
    sentence_exponent: float = weight(
        2.0, "exponent of the share of words that a shrunk segment keeps: half of the words keep a quarter of the value"
    )


WEIGHTS = PlanWeights()
