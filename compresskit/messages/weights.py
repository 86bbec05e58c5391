"""The numbers of this package that decide which text must stay. They separate instructions from data."""

from __future__ import annotations

from dataclasses import dataclass

from .._weights import weight


@dataclass(frozen=True, kw_only=True)
class MessageWeights:
    """Weights that decide whether a text is an instruction, data or a result."""

    # Instructions and data in a message of the user (instructions.py, asking.py, request_ends.py, paragraphs.py)
    min_data_characters: int = weight(
        1_600, "characters of a text from which on it may hold data: about 400 tokens, of which a cut gains something"
    )
    min_region_characters: int = weight(
        300, "characters of a part between fences or tags, or of JSON, from which on it is data"
    )
    max_instruction_characters: int = weight(
        600, "characters of a paragraph at an end of a text up to which it may be an instruction"
    )
    max_end_characters: int = weight(
        300,
        "characters of paragraphs, or of a line, at an end of the newest text that stay even if nothing is recognised",
    )
    max_own_share: float = weight(
        0.25, "share of a text up to which parts in tags of their own name and schemas are its instructions, together"
    )
    min_chunks: int = weight(
        3, "shorter texts of one message that ask nothing, from which on they are data that was sent in parts"
    )
    max_instruction_share: float = weight(
        0.3, "share of lines that give orders, from which on a text is an instruction as a whole"
    )
    max_orders_characters: int = weight(
        8_000, "characters of a text of rules beside a question up to which it is an instruction; longer ones are data"
    )
    max_instruction_paragraphs: int = weight(6, "paragraphs at one end of a text that are its instruction, maximum")
    max_rules_characters: int = weight(
        2_400, "characters of the lists of rules at one end of a text that are its instruction, maximum"
    )
    max_lone_questions: int = weight(
        2, "questions between data that are instructions, if there is none at either end, maximum"
    )
    max_greeting_characters: int = weight(
        40,
        "characters of a first message that asks nothing, up to which a later one sets the task, as after a greeting",
    )
    max_middle_instructions: int = weight(8, "paragraphs between data that are instructions, maximum")

    max_standing_characters: int = weight(
        2_000, "characters of earlier messages that stay because of orders for the rest of the conversation, maximum"
    )

    # Results in messages of the user (observations.py)
    min_observation_pairs: int = weight(3, "commands with an answer that make the pattern of an agent, minimum")
    min_observation_share: float = weight(
        0.6, "share of the user's answers that look like outputs, from which on an agent writes its commands as text"
    )
    min_bare_observation_share: float = weight(
        0.9, "share of short shell commands with an answer that asks nothing, where outputs have no frame of their own"
    )

    # Texts that stay for a while, and the last to go (must_stay.py)
    retrieved_turns: int = weight(2, "turns of the assistant for which retrieved text stays after the turn that asked")
    max_passed_share: float = weight(
        1 / 3,
        "share of the room that the newest results may take once a human has spoken behind them, maximum",
        "`python -m evals needs --groups needs/man_pages`: 0.66 to the figure there",
    )
    newest_images: int = weight(
        3,
        "newest results with images that stay, unless they take more than the share above of the room",
        "Anthropic's computer-use-demo, loop.py, only_n_most_recent_images",
    )
    min_opened_tokens: int = weight(
        120, "tokens of a newest text from which on it may be opened if the target is out of reach without it"
    )


WEIGHTS = MessageWeights()
