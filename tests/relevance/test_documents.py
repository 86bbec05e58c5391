"""Which part of long documents a question is answered from: its source, its region, and nothing but the question."""

import json
from itertools import pairwise

import pytest
from squeezing import squeezed

from compresskit.content import Segment
from compresskit.messages.must_stay import must_stay
from compresskit.messages.reading import read
from compresskit.relevance import Document, score
from compresskit.relevance.query import derive
from compresskit.types import Query

COLOURS = {"north": "red", "south": "green", "west": "blue"}


def answer(colour):
    return (
        f"The recipient keeps no information. {f'It is sent to the {colour} office instead, and nowhere else. ' * 8}\n"
    )


def contract(colour):
    clauses = [f"{number}. The parties meet in the {colour} office {number} for the work.\n" for number in range(1, 60)]
    return "".join([*clauses[:30], answer(colour), *clauses[30:]])


CONTRACTS = {f"{name}-2019_ex10.txt": contract(colour) for name, colour in COLOURS.items()}


def opened():
    for number, (name, text) in enumerate(CONTRACTS.items()):
        function = {"name": "open", "arguments": json.dumps({"name": name})}
        call = {"id": f"call_{number}", "type": "function", "function": function}
        yield {"role": "assistant", "content": None, "tool_calls": [call]}
        yield {"role": "tool", "tool_call_id": f"call_{number}", "content": text}


LAYOUTS = {
    "results of calls": [{"role": "user", "content": "Open the contracts."}, *opened()],
    "parts with tags": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": f"<document><source>{name}</source>\n{text}</document>"}
                for name, text in CONTRACTS.items()
            ],
        },
        {"role": "assistant", "content": "I have read them."},
    ],
    "messages with a first line": [
        *({"role": "user", "content": f"# {name}\n{text}"} for name, text in CONTRACTS.items()),
        {"role": "assistant", "content": "I have read them."},
    ],
}


def kept(messages, share):
    return json.dumps(squeezed(messages, share).messages, ensure_ascii=False)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", COLOURS)
def test_a_question_about_one_source_is_answered_from_its_text(layout, name):
    question = f"Regarding {name}-2019_ex10.txt: may the recipient keep information?"
    shown = kept([*LAYOUTS[layout], {"role": "user", "content": question}], 0.18)
    assert answer(COLOURS[name]).strip() in shown


def test_a_name_that_all_sources_have_names_none():
    text = "It is so.\nIt is not so.\n"
    documents = [Document(f"# report.txt\n{text}", [Segment(0, 13, ""), Segment(13, 38, "")], "", 0.0) for _ in "abc"]
    plain = Query({"report": 1.0}, {}, question="What is in report.txt?")
    assert score(documents, plain) == score(documents, plain._replace(question=""))


def source(path, text):
    lines = [f"# {path}\n", *text.splitlines(keepends=True)]
    starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]
    return Document("".join(lines), [Segment(*each, "") for each in pairwise(starts)], "", 0.0, "code")


def best(documents, question):
    """The value of the best segment of each document."""
    return [max(values) for values in score(documents, derive([], question))]


def test_a_long_issue_that_names_a_file_in_a_trace_leaves_others_their_value():
    files = [
        source("app/core.py", "def run(rule):\n    return rule()\n"),
        source("app/prices.py", "def total(basket):\n    return round(discount(basket))\n"),
    ]
    short = "The discount is rounded twice in core.py"
    named, other = best(files, short)
    assert other < named
    words = " ".join(f"customer{number}" for number in range(200))
    named, other = best(files, f"{short}. It was seen by {words}.")
    assert other > named


def test_a_file_of_a_compound_name_is_named_without_its_ending():
    files = [source(f"src/{name}.swift", "import Core\nfunc go() {}\n") for name in ("ResponseCacher", "Redirector")]
    cacher, redirector = best(files, "The ResponseCacher does not go as Redirector.swift does")
    assert cacher > redirector > 0


def test_code_behind_the_text_of_a_notebook_is_worth_more_than_code_far_from_it():
    cells = [("code", f"value_{number} = {number}") for number in range(12)]
    cells[5] = ("markdown", "The lighthouse burned in 1911.")
    parts = [json.dumps({"cell_type": kind, "source": [text]}) for kind, text in cells]
    starts = [sum(map(len, parts[:number])) for number in range(len(parts) + 1)]
    segments = [Segment(*each, "") for each in pairwise(starts)]
    (values,) = score([Document("".join(parts), segments, "", 0.0, "json")], Query({"lighthouse": 1.0}, {}))
    assert values[5] > values[7] > values[10] > 0


def transcript(*hits):
    """Forty turns of a talk; those in ``hits`` say the word that the question asks for."""
    turns = [f"Anna {n}: {'the remote control' if n in hits else 'well, let me think about it'}.\n" for n in range(40)]
    starts = [sum(map(len, turns[:number])) for number in range(41)]
    segments = [Segment(start, end, "") for start, end in pairwise(starts)]
    return Document("".join(turns), segments, "", 0.0, "prose")


def test_a_turn_among_several_hits_is_worth_more_than_one_beside_a_single_hit():
    (values,) = score([transcript(8, 10, 12, 30)], Query({"remote": 1.0}, {}))
    assert values[11] > values[31] > values[20] > 0


def judged(messages):
    return must_stay(read(messages, "auto").turns, messages).turns


def query(*contents):
    roles = ["user", "assistant"] * len(contents)
    messages = [{"role": role, "content": content} for role, content in zip(roles, contents, strict=False)]
    return derive(judged(messages), None)


def test_go_on_asks_about_no_text():
    assert query("Fix the parser.", "I will.", "Go on.").explicit == 0.0
    assert query("Fix the parser.", "I will.", "What did the parser print?").explicit == 1.0


def test_the_question_behind_a_text_counts_more_than_the_first_paragraph_of_that():
    text = "Last updated on 22 May. We protect your privacy.\n\n" + "Cookies stay on your computer for a year.\n\n" * 60
    asked = query(f"{text}Who reads my mail?").weights
    assert max(asked, key=asked.__getitem__) in {"reads", "mail"}
    assert asked["reads"] == asked["mail"] > asked["updated"]


def test_an_order_behind_files_is_the_request_though_a_short_file_has_question_marks():
    method = "  def self.open(pier)\n    pier.lock\n  end\n\n"
    short = "# lib/empty.rb\n\nmodule Piers\n  def self.empty?(pier)\n    pier.nil? || pier.boats.empty?\n  end\nend\n"
    order = "Fix this in the files above:\n\n" + "The ferry sails at night, although the captain sleeps. " * 12
    texts = [*(f"# lib/{name}.rb\n\nmodule Piers\n{method * 50}end\n" for name in "abc"), short, order]
    asked = derive(judged([{"role": "user", "content": text} for text in texts]), None).weights
    assert asked["captain"] == max(asked.values())
    assert "boats" not in asked


def test_a_question_with_a_word_of_nothing_but_marks_is_read():
    texts = ("The wall is red.", "It is late.")
    documents = [Document(text, [Segment(0, len(text), "")], "", 0.0) for text in texts]
    (first,), (second,) = score(documents, query("ـ red ـ?"))
    assert first > second


@pytest.mark.parametrize("said", ["فرعان حيويان", "الفرعين الحيويين", "والحيوية"])
def test_arabic_words_are_found_in_their_other_forms(said):
    text = f"{said} هنا. "
    documents = [Document(each, [Segment(0, len(each), "")], "", 0.0) for each in (text, "كتاب قديم هنا. ")]
    (first,), (second,) = score(documents, query("ما هي الأفرع الحيوية؟"))
    assert first > second
