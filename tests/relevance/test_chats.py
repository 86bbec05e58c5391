"""A question in a chat finds what was said many turns ago, and only the question asks."""

import json
import re

import pytest
from squeezing import squeezed

from compresskit import compress
from compresskit.messages.must_stay import must_stay
from compresskit.messages.reading import read
from compresskit.relevance.query import derive

TOPICS = ("harbour", "orchard", "railway", "library", "glacier", "theatre", "bakery", "quarry", "lighthouse", "market")
FACTS = [
    ("Just so you know: we deploy on Tuesdays at 14:30 CET.", "On which day do we deploy?", "Tuesdays"),
    ("I'm allergic to peanuts, remember that.", "What am I allergic to?", "peanuts"),
    ("The invoice number is RE-2026-0815.", "what's the invoice number", "RE-2026-0815"),
]


def told(topic):
    return " ".join(
        f"The {topic} of {1700 + 7 * year} had {year * 31 % 97} visitors on its day number {year}."
        for year in range(24)
    )


def chat(rounds, fact, by, at):
    messages = []
    for number in range(rounds):
        topic = TOPICS[number % len(TOPICS)]
        asked, answer = f"Tell me about point {number + 1}, the {topic}.", told(topic)
        if number == at:
            asked, answer = (f"{fact} {asked}", answer) if by == "user" else (asked, f"{answer}\n\n{fact}\n\n{answer}")
        messages += [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]
    return messages


@pytest.mark.parametrize("by", ["user", "assistant"])
@pytest.mark.parametrize("rounds", [4, 20])
def test_a_question_finds_what_was_said_in_a_chat(rounds, by):
    for fact, question, needed in FACTS:
        messages = [*chat(rounds, fact, by, rounds // 2), {"role": "user", "content": question}]
        result = squeezed(messages, 0.4)
        assert needed in str(result.messages), question


@pytest.mark.parametrize(("answer", "stays"), [("Which order do you mean?", True), ("I have noted it.", False)])
def test_a_request_stays_open_if_it_is_answered_with_a_question(answer, stays):
    needed = "Parcel 8841 waits at the customs of Basel until the form is signed."
    pages = "\n\n".join([*map(told, TOPICS[:5]), needed, *map(told, TOPICS[5:])])
    messages = [
        {"role": "user", "content": pages},
        {"role": "assistant", "content": "Thanks."},
        {"role": "user", "content": "Tell the customer where parcel 8841 is."},
        {"role": "assistant", "content": answer},
        {"role": "user", "content": "The last one before Easter; please begin with a short greeting."},
    ]
    query = derive(read(messages, "openai").turns, None)
    assert (query.weights["parcel"] > 0.2) is stays
    assert needed in str(squeezed(messages, 0.2).messages)


def test_the_part_that_answers_stays_whichever_of_new_parts_is_the_largest():
    """Once some of the new texts have to go, all of them compete by what they say."""
    for size in (0, 900):
        answer = f"The cycle of triggers makes dpkg fail the package that began it. {told('mill')[:size] * 2}"
        texts = [*(told(topic)[:900] for topic in TOPICS), answer]
        parts = [
            {
                "type": "search_result",
                "source": f"https://x/{n}",
                "title": "t",
                "content": [{"type": "text", "text": text}],
            }
            for n, text in enumerate(texts)
        ]
        question = {"type": "text", "text": "What does dpkg do with a cycle of triggers?"}
        messages = [{"role": "user", "content": [*parts, question]}]
        result = squeezed(messages, 1 / 3)
        assert "makes dpkg fail" in str(result.messages)
        assert result.target_met


def test_rules_beside_an_element_of_a_request_do_not_ask():
    rules = (
        "Use the edit tool for changes, avoid repeating existing code, and represent unchanged regions by a comment."
    )
    defined = "".join(
        f"def edit_{n}(tool, code, changes, regions, comment):\n    return tool, {n}\n\n" for n in range(150)
    )
    files = (
        f"{defined}def keep_matching(names, pattern):\n    return [one for one in names if one == pattern]\n\n{defined}"
    )
    request = "<userRequest>\nLet matching take a Path.\n</userRequest>"
    asked = f"<reminderInstructions>\n{rules}\n</reminderInstructions>\n{request}"
    content = [{"type": "text", "text": f"<attachments>\n{files}\n</attachments>"}, {"type": "text", "text": asked}]
    result = compress([{"role": "user", "content": content}], "gpt-4o", trigger=450, target=450)
    assert "one for one in names" in str(result.messages)
    assert result.target_met


def test_what_was_told_before_is_no_question():
    """No word of earlier messages that ask nothing counts for much beside a question that says enough."""
    told_before = "1:{} pm on {} May 2023\nAda: Hey Ben! I saw friends on a walk.\nBen: Hey Ada! The house has {} cats."
    messages = []
    for number in range(1, 13):
        messages += [
            {"role": "user", "content": told_before.format(number + 10, number, number) * (1 + 30 * (number == 1))},
            {"role": "assistant", "content": "Noted."},
        ]
    messages.append({"role": "user", "content": "What does the family do on a hike?"})
    turns = read(messages, "auto").turns
    must_stay(turns, messages)
    weights = derive(turns, None).weights
    others = [weight for word, weight in weights.items() if word not in ("family", "hike")]
    assert 4 * max(others) < weights["family"] == weights["hike"]


def test_a_follow_up_is_about_what_was_asked_right_before():
    height = "From its foot to its lamp, the {} of Arvik measures {} metres."
    texts = [f"{told(topic)} {height.format(topic, 30 + number)} {told(topic)}" for number, topic in enumerate(TOPICS)]
    messages = [
        {"role": "user", "content": "\n\n".join(texts)},
        {"role": "assistant", "content": "I have read them."},
    ]
    for topic in ("harbour", "bakery", "theatre", "quarry", "orchard", "glacier"):
        messages += [
            {"role": "user", "content": f"Where is the {topic} of Arvik?"},
            {"role": "assistant", "content": "In the north."},
        ]
    asked = {"role": "user", "content": "And how many metres does it measure?"}
    assert height.format("glacier", 34) in str(squeezed([*messages, asked], 0.04).messages)


def test_passages_of_a_search_are_judged_by_the_question():
    answer = "Keepers feed the bees of the mill with sugar water in March, since nothing is in flower by then."
    texts = [f"The {topic}\n{told(topic)[:700]}" for topic in TOPICS] * 2
    texts[13] += " " + answer
    call = {"name": "search_docs", "arguments": json.dumps({"query": "feeding bees in March"})}
    messages = [
        {"role": "user", "content": "What do the keepers give the bees in March?"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": call}]},
        {
            "role": "tool",
            "tool_call_id": "c1",
            "content": json.dumps([{"rank": rank, "text": text} for rank, text in enumerate(texts, 1)]),
        },
    ]
    shown = str(squeezed(messages, 0.2).messages)
    assert answer in shown
    assert not re.search(r'"rank": \d+, ?\\n\[…', shown), "a record was cut behind its first field"


def test_the_answer_to_an_earlier_question_comes_with_it():
    messages = []
    for number, topic in enumerate(TOPICS * 3):
        name = "Ingrid Holm" if number == 14 else f"a man of {number + 30} years"
        answer = f"That was {name}. {told('mill')[: 300 + 7 * number]}"
        messages += [
            {
                "role": "user",
                "content": f"Who looked after the {topic} of the {number + 3}th parish, and for how long?",
            },
            {"role": "assistant", "content": answer},
        ]
    question = "I asked you who looked after the glacier of the 17th parish: what was your answer?"
    assert "Ingrid Holm" in str(squeezed([*messages, {"role": "user", "content": question}], 0.2).messages)
