"""Tables: the row that answers often has no word of the question, but its table has the names of the columns."""

import csv
import html
import io
import json
import random

import pytest
from squeezing import squeezed

from compresskit.content import split

SYLLABLES = ["bar", "cor", "dun", "fel", "gim", "hol", "kes", "lom", "mir", "nov", "pel", "rud", "sav", "tol", "wex"]
TOPICS = {
    "ferries": ("Ferry", "Harbour", "Built", "Passengers"),
    "bridges": ("Bridge", "River", "Opened", "Length"),
    "orchards": ("Orchard", "Village", "Planted", "Trees"),
    "choirs": ("Choir", "Town", "Founded", "Singers"),
    "mines": ("Mine", "Valley", "Closed", "Depth"),
    "theatres": ("Theatre", "Street", "Restored", "Seats"),
    "canals": ("Canal", "County", "Dug", "Locks"),
    "towers": ("Tower", "Hill", "Raised", "Height"),
    "mills": ("Mill", "Brook", "Burnt", "Sacks"),
    "schools": ("School", "Square", "Renamed", "Pupils"),
    "lamps": ("Lamp", "Pier", "Lit", "Range"),
    "wells": ("Well", "Yard", "Drilled", "Litres"),
    "inns": ("Inn", "Crossing", "Licensed", "Beds"),
    "quarries": ("Quarry", "Parish", "Leased", "Tons"),
}
QUESTIONS = {
    "ferries": "Which of the ferries has the most passengers?",
    "choirs": "Who has the fewest singers, of all the choirs?",
    "towers": "What is the average height of a tower?",
}


def tables():
    made = random.Random(7)

    def name():
        return "".join(made.sample(SYLLABLES, 2)).title()

    return {
        topic: [[name(), name(), str(made.randrange(1800, 1990)), str(made.randrange(40, 9_000))] for _ in range(14)]
        for topic in TOPICS
    }


def csv_row(cells, delimiter=","):
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator="").writerow(cells)
    return written.getvalue()


ROWS = {  # how a layout writes a row
    "csv": lambda _, cells: csv_row(cells),
    "tsv": lambda _, cells: csv_row(cells, "\t"),
    "markdown": lambda _, cells: f"| {' | '.join(cells)} |",
    "html": lambda _, cells: f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)}</tr>",
    "json": lambda names, cells: json.dumps(dict(zip(names, cells, strict=True))),
    "jsonl": lambda names, cells: json.dumps(dict(zip(names, cells, strict=True))),
}


def laid_out(layout, names, rows):
    lines = [ROWS[layout](names, row) for row in rows]
    if layout == "json":
        return "[\n" + ",\n".join(lines) + "\n]\n"
    if layout == "jsonl":
        return "\n".join(lines) + "\n"
    head = ROWS[layout](names, names)
    if layout == "markdown":
        head += "\n|" + "---|" * len(names)
    body = "\n".join([head, *lines]) + "\n"
    return f"<table>\n{body}</table>\n" if layout == "html" else body


def read_one_by_one(texts, question):
    messages = [{"role": "user", "content": "Please read these."}]
    for number, text in enumerate(texts):
        function = {"name": "read", "arguments": json.dumps({"number": number})}
        call = {"id": f"c{number}", "type": "function", "function": function}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": f"c{number}", "content": text})
    return [
        *messages,
        {"role": "assistant", "content": "I have read all."},
        {"role": "user", "content": question},
    ]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("layout", ROWS)
@pytest.mark.parametrize("topic", QUESTIONS)
def test_a_table_whose_columns_are_asked_about_keeps_its_rows_in_their_own_words(topic, layout, together):
    found = tables()
    texts = [laid_out(layout, names, found[each]) for each, names in TOPICS.items()]
    if together:
        messages = [{"role": "user", "content": "\n\n".join(texts)}, {"role": "user", "content": QUESTIONS[topic]}]
    else:
        messages = read_one_by_one(texts, QUESTIONS[topic])
    result = squeezed(messages, 0.3)
    shown = "\n".join(message["content"] or "" for message in result.messages)
    assert all(ROWS[layout](TOPICS[topic], row) in shown for row in found[topic])


def test_a_question_is_not_about_what_was_read_last():
    pages = [
        f"The {bird} nests in {place}. It was counted {count} times by the wardens of the reserve in {place}. " * 3
        for bird, place, count in zip(SYLLABLES, reversed(SYLLABLES), range(40, 55), strict=True)
    ]
    question = f"How often did the wardens count the {SYLLABLES[2]}?"
    messages = read_one_by_one(pages, question)
    last = next(message for message in reversed(messages) if message.get("tool_calls"))
    last["tool_calls"][0]["function"]["arguments"] = json.dumps({"page": "wardens of the reserve counted, nests"})
    result = squeezed(messages, 0.4)
    assert "was counted 42 times" in str(result.messages)


def test_a_text_that_holds_tables_or_pages_says_where_each_begins():
    found = tables()
    for layout in ("csv", "markdown", "html", "json"):
        texts = [laid_out(layout, TOPICS[topic], found[topic]) for topic in ("mines", "canals")]
        parts = split("\n\n".join(texts)).parts
        assert len(parts) == 2
        assert "\n\n".join(texts)[parts[1] :].strip() == texts[1].strip()
    page = "The harbour was dug by hand and took eleven winters. " * 8
    assert len(split(json.dumps({f"/wiki/{name}": page for name in SYLLABLES}, indent=1)).parts) == len(SYLLABLES)
    assert split(json.dumps([{"id": number, "state": "ok"} for number in range(60)])).parts == (0,)
    assert split(page).parts == ()
