"""Instruction and data within one text: told apart by layout, in any order and language."""

import json
from itertools import pairwise

import pytest

from compresskit.messages.instructions import cut

SENTENCES = [
    f"The bridge number {n} was built in {1900 + n} by workers of the town beside the river." for n in range(40)
]
PARAGRAPHS = [" ".join(SENTENCES[n : n + 4]) for n in range(0, 40, 4)]
ORDERS = ("Always lock", "Never share the key of", "Do not leave", "Make sure to log", "Check the hinges of")
QUESTION = "Which bridge was built in 1917?"
DOCUMENTS = {
    "paragraphs": "\n\n".join(PARAGRAPHS),
    "labelled passages": "\n\n".join(f"Passage: Bridge {n}\n{text}" for n, text in enumerate(PARAGRAPHS)),
    "one long line": " ".join(SENTENCES),
    "a log": "\n".join(f"2026-01-02 12:00:{n % 60:02} INFO worker {n} has started" for n in range(90)),
    "a fence": "```python\n" + "\n\n".join(f"def f{n}(x):\n    return x + {n}" for n in range(60)) + "\n```",
    "XML documents": "<documents>\n"
    + "\n".join(f'<document index="{n}">\n{text}\n</document>' for n, text in enumerate(PARAGRAPHS))
    + "\n</documents>",
    "a table": "year,bridge,town\n" + "\n".join(f"{1900 + n},bridge {n},town {n}" for n in range(90)),
    "JSON": '[\n' + ",\n".join(f'  {{"id": {n}, "name": "bridge {n}", "ok": true}}' for n in range(60)) + "\n]",
    "Chinese": "这座桥建于一九三二年，由河边小镇的工人建造。" * 100,
}  # fmt: skip


@pytest.mark.parametrize("joint", ["\n\n", "\n"])
@pytest.mark.parametrize("order", ["question first", "question last"])
@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_question_stays_whole_and_its_document_is_data(kind, order, joint):
    document = DOCUMENTS[kind]
    text = QUESTION + joint + document if order == "question first" else document + joint + QUESTION
    found = cut(text)
    kept = " ".join(text[start:end] for start, end in found.must)
    assert QUESTION in kept
    # a short paragraph that shares its lines with the question may stay with it
    assert sum(end - start for start, end in found.data) >= 0.99 * len(document) - 350


@pytest.mark.parametrize("joint", ["\n\n", "\n", " "])
@pytest.mark.parametrize("order", ["request first", "request last"])
@pytest.mark.parametrize("kind", ["paragraphs", "one long line", "a log", "a table", "Chinese"])
@pytest.mark.parametrize(
    "request_",
    ["Vertel in welk jaar brug 17 klaar was.", "请告诉我1917年建了哪座桥。", "أخبرني أي جسر بني في عام 1917"],
)
def test_a_request_without_a_question_mark_or_a_known_word_stays(kind, order, joint, request_):
    document = DOCUMENTS[kind]
    text = request_ + joint + document if order == "request first" else document + joint + request_
    found = cut(text)
    assert request_ in " ".join(text[start:end] for start, end in found.must)
    assert sum(end - start for start, end in found.data) >= 0.75 * len(document)


@pytest.mark.parametrize("order", ["request first", "request last"])
@pytest.mark.parametrize(
    ("document", "joint"),
    [
        (json.dumps([{"id": n, "text": text} for n, text in enumerate(PARAGRAPHS)]), "\n"),
        (DOCUMENTS["JSON"], "\n"),
        ("\n".join(json.dumps({"id": n, "text": text}) for n, text in enumerate(PARAGRAPHS)), "\n\n"),
        (DOCUMENTS["a table"], "\n\n"),
        ("import os\nimport sys\n" + "".join(f"def f{n}(x):\n    return x + {n}\n" for n in range(60)), "\n\n"),
    ],
    ids=["long records", "JSON", "JSON lines", "a table", "Python"],
)
def test_no_line_of_records_or_code_is_taken_for_a_request_that_no_word_shows(document, joint, order):
    request = "Vertel in welk jaar brug 17 klaar was."
    text = request + joint + document if order == "request first" else document + joint + request
    assert [text[start:end].strip() for start, end in cut(text).must] == [request]


@pytest.mark.parametrize("at_start", [True, False])
@pytest.mark.parametrize(
    "request_",
    [
        'Antworte so:\n{"jahr": 1932}',
        "Fill this table from the text:\n| year | builder |\n|---|---|\n| ? | ? |",
        "Vul deze tabel in\n| jaar | bouwer |\n|---|---|\n| ? | ? |",
        "diff --git a/x b/x\n-a\n+b\nExplain this diff",
        "Write a function with this signature:\ndef years(text: str) -> list[int]:\n    ...",
    ],
)
def test_a_request_that_holds_records_or_code_stays(request_, at_start):
    text = "\n\n".join([request_, *PARAGRAPHS] if at_start else [*PARAGRAPHS, request_])
    assert request_ in "".join(text[start:end] for start, end in cut(text).must)


def test_ranges_cover_a_text_in_order():
    for document in DOCUMENTS.values():
        text = f"Please answer from the text below.\n\n{document}\n\n{QUESTION}"
        found = cut(text)
        spans = sorted([*found.must, *found.data])
        gaps = [(before[1], after[0]) for before, after in pairwise([(0, 0), *spans, (len(text), 0)])]
        assert all(start <= end for start, end in gaps[:-1])
        assert not "".join(text[start:end] for start, end in gaps).strip()


def test_an_instruction_stays_on_both_sides_of_its_material_and_between_two_of_them():
    log, code = DOCUMENTS["a log"], DOCUMENTS["a fence"]
    text = (
        f"Here is the log:\n```\n{log}\n```\n\nAnd this is the code:\n{code}\nWhy does it fail?\n\nIt worked yesterday."
    )
    found = cut(text)
    kept = "".join(text[start:end] for start, end in found.must)
    for instruction in ("Here is the log:", "And this is the code:", "Why does it fail?", "It worked yesterday."):
        assert instruction in kept
    assert "worker 50" not in kept
    assert "def f50" not in kept


def test_rules_are_an_instruction_however_long_they_are():
    rules = "You are a careful agent.\n\n" + "\n".join(f"- Never change file {n}; always report it." for n in range(80))
    assert not cut(rules).data
    assert not cut(rules, newest=False).data


@pytest.mark.parametrize(
    "function",
    [
        "function f%d(a) {\n  return a * 2;\n}",
        "def f%d(a):\n    return a * 2",
        "func F%d(a int) int {\n\treturn a * 2\n}",
    ],
    ids=["JavaScript", "Python", "Go"],
)
def test_lines_that_return_are_no_rules_but_code(function):
    code = "\n\n".join(function % number for number in range(300))
    text = f"{code}\n\nWhat does f7 do?"
    found = cut(text)
    assert text[slice(*found.must[-1])] == "What does f7 do?"
    assert sum(end - start for start, end in found.data) >= 0.97 * len(code)


def test_tags_around_instructions_keep_them():
    text = f"<task>\n{' '.join(SENTENCES[:10])}\n</task>\n<context>\n{DOCUMENTS['paragraphs']}\n</context>"
    kept = "".join(text[start:end] for start, end in cut(text).must)
    assert SENTENCES[9] in kept
    assert SENTENCES[30] not in kept


def test_in_an_earlier_message_only_what_is_recognised_is_an_instruction():
    title = "Bridges of the north"
    text = f"{title}\n\n{DOCUMENTS['paragraphs']}"
    assert cut(text, newest=True).must
    assert not cut(text, newest=False).must


def test_short_texts_are_instructions():
    found = cut("Rename the function.\n\n```\ndef f(): ...\n```")
    assert found.must
    assert not found.data


@pytest.mark.parametrize(
    "text",
    [
        *("<a>" * 60_000, "<keep>" * 60_000, "```\n" * 60_000, "\n" * 200_000, " " * 200_000, "? " * 100_000),
        *("[2026] ok\n" * 40_000, "[\n" * 200_000, "Request:\n" + f'{{"text": "{"x" * 400}"}}\n' * 4_000),
    ],
    ids=range(9),
)
def test_time_is_linear_for_odd_texts(text):
    import time

    def seconds(size):
        start = time.perf_counter()
        cut(text[:size])
        return time.perf_counter() - start

    half, whole = min(seconds(len(text) // 2) for _ in range(3)), min(seconds(len(text)) for _ in range(3))
    assert whole < 5 * half + 0.02


def test_behind_a_question_the_paragraphs_of_a_notice_are_data():
    notice = "\n\n".join(
        f"Our office {n} is open at any time. We keep your letter for {n} days, and we answer it." for n in range(40)
    )
    text = f"{notice}\n\nHow long do you keep letters?"
    found = cut(text)
    assert text[slice(*found.must[-1])] == "How long do you keep letters?"
    assert sum(end - start for start, end in found.data) >= 0.92 * len(notice)  # it may begin with a request


CHAPTERS = "\n\n".join(PARAGRAPHS * 3)
INSIDE = SENTENCES[17]
WORDS = "The till in our bakery asks for its capabilities each time it starts. " * 6


@pytest.mark.parametrize("joint", ["\n", "\n\n"])
@pytest.mark.parametrize("head", ["Who built bridge 17?", "Summarise the text below for a manager.", "You are Ada."])
@pytest.mark.parametrize("tail", ["Antworte nur mit einem Satz.", "用中文回答。", "Be brief", "Thought:", "<answer>"])
def test_a_short_last_line_stays_whatever_stands_in_front(head, tail, joint):
    text = f"{head}\n\n{CHAPTERS}{joint}{tail}"
    found = cut(text)
    assert text[slice(*found.must[-1])].endswith(tail)
    assert head in text[slice(*found.must[0])]
    assert sum(end - start for start, end in found.data) >= 0.8 * len(CHAPTERS)


@pytest.mark.parametrize("behind", ["", "\n\nWrite the reply in German."])
@pytest.mark.parametrize("tag", ["customer_message", "email", "userRequest", "examples", "persona"])
def test_a_short_part_in_tags_of_its_own_name_stays_beside_larger_material(tag, behind):
    text = f"<knowledge>\n{CHAPTERS}\n</knowledge>\n\n<{tag}>\n{WORDS}\n</{tag}>{behind}"
    kept = " ".join(text[start:end] for start, end in cut(text).must)
    assert WORDS in kept
    assert INSIDE not in kept
    several = "\n".join(f"<{tag}>\n{WORDS} {n}\n</{tag}>" for n in range(20))
    assert len(" ".join(several[start:end] for start, end in cut(several).must)) < len(several) / 4


@pytest.mark.parametrize(
    "layout",
    ["{data}\n\n{order}\n{schema}", "{data}\n\n{order}\n```json\n{schema}\n```", "{order}\n{schema}\n\n{data}"],
)
def test_a_schema_of_the_answer_stays(layout):
    fields = {f"field_{n}": {"type": "string", "description": WORDS[: 5 * n]} for n in range(9)}
    schema = json.dumps({"type": "object", "properties": fields}, indent=1)
    order = "Extrahiere alle Brücken nach diesem JSON-Schema:"
    text = layout.format(data=CHAPTERS, order=order, schema=schema)
    kept = " ".join(text[start:end] for start, end in cut(text).must)
    assert order in kept
    assert schema in kept
    assert INSIDE not in kept


HANDBOOK = "\n\n".join(
    f"{n}. Doors of hall {n}\n\nThe rules for hall {n} were agreed with the council in {1990 + n}. They apply to all "
    f"who work there, unless the manager of the site has given an exception in writing.\n\n"
    + "\n".join(f"- {order} door {n}{at} before the shift ends." for at, order in enumerate(ORDERS))
    for n in range(40)
)
OWN_RULES = "You answer for the council.\n- Always name the hall.\n- Never guess."
ASKED_OF_RULES = "How is door 173 left?"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (f"{HANDBOOK}\n\n{ASKED_OF_RULES}", [ASKED_OF_RULES]),
        (f"Question: {ASKED_OF_RULES}\n\n{HANDBOOK}", [ASKED_OF_RULES]),
        (f"{HANDBOOK}\n\nTell me how door 173 is left", ["Tell me how door 173 is left"]),
        (f"{OWN_RULES}\n\n{HANDBOOK}\n\n{ASKED_OF_RULES}", [OWN_RULES, ASKED_OF_RULES]),
        (
            f"{HANDBOOK}\n\n{ASKED_OF_RULES}\n\nRules:\n- Never guess.\n- Keep it short.",
            [ASKED_OF_RULES, "- Never guess."],
        ),
        (
            f"{HANDBOOK}\n\nReply with these rules:\n- Never guess.\n- Keep it short.\n\n{ASKED_OF_RULES}",
            ["- Never guess."],
        ),
    ],
    ids=["last", "first", "no mark", "own rules above", "own rules below", "own rules before it"],
)
def test_the_rules_of_a_handbook_are_data_and_those_for_the_reader_are_not(text, asked):
    kept = [text[start:end] for start, end in cut(text).must]
    assert all(any(one in part for part in kept) for one in asked)
    assert sum(map(len, kept)) < 700
    assert sum(part.count("before the shift ends") for part in kept) <= len(ORDERS)


@pytest.mark.parametrize("joint", ["\n\n", "\n"])
@pytest.mark.parametrize("question", [QUESTION, "Please list the bridges of 1917.", "哪座桥建于1917年？"])
@pytest.mark.parametrize("kind", ["paragraphs", "one long line", "a log", "a table"])
def test_a_question_between_two_halves_of_a_text_stays(kind, question, joint):
    document = DOCUMENTS[kind]
    text = f"{document}{joint}{question}{joint}{document}"
    found = cut(text)
    assert question in " ".join(text[start:end] for start, end in found.must)
    assert sum(end - start for start, end in found.data) >= 0.85 * len(text)


@pytest.mark.parametrize("question", [QUESTION, "Fix this in the files above:\n\nThe bridge is missing on the map."])
def test_a_question_between_paragraphs_that_hold_questions_stays(question):
    asked = [f'The mayor of {town} asked: "Who pays?"\nNobody in the hall of {town} knew it.' for town in "ABCDEF"]
    paragraphs = DOCUMENTS["paragraphs"].split("\n\n")
    text = "\n\n".join([*paragraphs, *asked, question, *paragraphs])
    kept = " ".join(text[start:end] for start, end in cut(text).must)
    assert all(part in kept for part in question.split("\n\n"))
    assert "mayor" not in kept


RULES = {
    "German": (
        "Du prüfst Meldungen:",
        [f"Ein Schaden der Art {n} kommt in das Feld schaden_{n} des Ergebnisses." for n in range(12)],
        "Gib jetzt das Ergebnis aus.",
    ),
    "Spanish": (
        "Revisas los partes de daños:",
        [f"Un daño de tipo {n} va en el campo daño_{n} del resultado." for n in range(12)],
        "Da ahora el resultado.",
    ),
    "Chinese": (
        "你负责检查损失报告：",
        [f"第{n}类损失写入结果中的第{n}个字段，金额不带千分位。" for n in range(20)],
        "现在给出结果。",
    ),
}


@pytest.mark.parametrize(
    "layout",
    [
        "{role}\n\n{rules}\n\n{data}",
        "{role}\n\n{rules}\n\nText:\n\n{data}",
        "# Rolle\n{role}\n\n# Regeln\n{rules}\n\n# Text\n{data}",
        "{role}\n\n{data}\n\n{rules}",
        "{data}\n\n{role}\n{rules}",
        "{data}\n\n{role}\n\n{rules}\n\n{last}",
        "{data}\n\n{role}\n{rules}\n\n{last}",
        "{data}\n{role}\n{rules}",
    ],
)
@pytest.mark.parametrize("mark", ["- ", "{0}. "])
@pytest.mark.parametrize("language", RULES)
def test_a_list_of_rules_at_an_end_stays_in_every_language(language, mark, layout):
    role, rules, last = RULES[language]
    listed = "\n".join(mark.format(n) + rule for n, rule in enumerate(rules, 1))
    text = layout.format(role=role, rules=listed, last=last, data=CHAPTERS)
    found = cut(text)
    kept = "\n".join(text[start:end] for start, end in found.must)
    assert all(part in kept for part in (role, listed, last) if part in text)
    assert sum(end - start for start, end in found.data) >= 0.9 * len(CHAPTERS)


def test_a_prompt_as_json_keeps_its_small_fields_whatever_their_form():
    request = {"task": "Answer from the documents.", "question": QUESTION, "rules": ["One sentence.", "No guesses."]}
    for prompt in (
        {"request": request, "documents": PARAGRAPHS},
        {**request, "language": "en", "documents": PARAGRAPHS},
        {"prompt": {**request, "documents": PARAGRAPHS}},
    ):
        for indent in (None, 2):
            text = json.dumps(prompt, indent=indent)
            kept = " ".join(text[start:end] for start, end in cut(text).must)
            assert all(part in kept for part in (request["task"], QUESTION, *request["rules"]))
            assert INSIDE not in kept


def test_lines_of_a_template_around_its_question_stay():
    above = "You are an assistant. Use the context below.\nIf it is not there, say so.\nUse three sentences at most."
    text = f"{above}\nQuestion: {QUESTION}\nContext: {CHAPTERS}\nAnswer:"
    kept = " ".join(text[start:end] for start, end in cut(text).must)
    assert all(part in kept for part in (above, QUESTION, "Answer:"))
    assert INSIDE not in kept


@pytest.mark.parametrize("greeting", ["A friendly talk between a human and an AI.\n\n", "Ein Gespräch.\n\n", ""])
@pytest.mark.parametrize("line", ["Human: {0}\nAI:", "人：{0}\n答：", "Nutzer: {0}\nHilfe:"])
def test_the_line_above_the_place_for_the_answer_stays(line, greeting):
    talk = "\n".join(line.format(f"What of {n}?") + f" {text}" for n, text in enumerate(PARAGRAPHS * 2))
    last = line.format("The same of bridge 17, please.")
    kept = cut(f"{greeting}{talk}\n{last}").must[-1]
    assert f"{greeting}{talk}\n{last}"[slice(*kept)] == last
