"""A question in a chat finds what was said many turns ago, and only the question asks."""

import pytest

from compresskit import compress

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
        total = compress(messages, "gpt-4o", trigger=10**9).original_tokens
        result = compress(messages, "gpt-4o", trigger=int(0.4 * total), target=int(0.4 * total))
        assert result.target_met
        assert needed in str(result.messages), question


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
        total = compress(messages, "gpt-4o", trigger=10**9).original_tokens
        result = compress(messages, "gpt-4o", trigger=total // 3, target=total // 3)
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
