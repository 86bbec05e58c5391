"""Questions whose answer has none of their words: superlatives, titles of sections, numbers of clauses, ids."""

import argparse
import configparser
import csv
import html
import inspect
import io
import json
import mailbox
import random
import shelve
import textwrap
import zipfile

import pytest
from squeezing import squeezed

from compresskit import compress, restore
from compresskit.content import detect, split
from compresskit.relevance.extremes import extremes

FIRST = ("Bar", "Cor", "Dun", "Fel", "Gim")
LAST = ("holt", "wick", "mere", "stead", "ford", "ley", "ton", "combe", "thorpe", "by", "dale", "gate")
NAMES = [first + last for first in FIRST for last in LAST]
COLUMNS = ("ferry", "passengers", "launched", "fare_eur")


def ferries():
    made = random.Random(3)
    years = made.sample(range(1900, 1990), len(NAMES))
    return [
        (name, str(made.randrange(1_000, 99_000)), f"{year}-05-21", f"{made.uniform(2, 90):.2f}")
        for name, year in zip(NAMES, years, strict=True)
    ]


def as_csv(rows, delimiter=","):
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return written.getvalue()


def as_html(rows):
    cells = ("".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in rows)
    return "<table>\n" + "".join(f"<tr>{row}</tr>\n" for row in cells) + "</table>\n"


def records(rows):
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


TABLES = {
    "CSV": lambda rows: as_csv([COLUMNS, *rows]),
    "tabs": lambda rows: as_csv([COLUMNS, *rows], "\t"),
    "Markdown": lambda rows: "".join(f"| {' | '.join(row)} |\n" for row in [COLUMNS, ("---",) * 4, *rows]),
    "HTML": lambda rows: as_html([COLUMNS, *rows]),
    "columns": lambda rows: "".join("".join(f"{cell:<16}" for cell in row) + "\n" for row in [COLUMNS, *rows]),
    "SQL": lambda rows: "".join(
        f"INSERT INTO ferries ({', '.join(COLUMNS)}) VALUES ({', '.join(map(repr, row))});\n" for row in rows
    ),
    "JSON": lambda rows: json.dumps(records(rows)),
    "JSON in a page": lambda rows: json.dumps({"page": 1, "found": records(rows)}, indent=1),
    "a title and JSON": lambda rows: f"ferries.json\n\n{json.dumps(records(rows))}",
}
SUPERLATIVES = {
    "Which ferry has the most passengers?": lambda rows: max(rows, key=lambda row: int(row[1])),
    "Which of them is the cheapest?": lambda rows: min(rows, key=lambda row: float(row[3])),
    "Which ferry was launched first?": lambda rows: min(rows, key=lambda row: row[2]),
    "What is the lowest fare?": lambda rows: min(rows, key=lambda row: float(row[3])),
    "Welche Fähre hat die höchste fare?": lambda rows: max(rows, key=lambda row: float(row[3])),
}


@pytest.mark.parametrize("layout", TABLES)
@pytest.mark.parametrize("question", SUPERLATIVES)
def test_a_superlative_finds_its_row_in_any_table(layout, question):
    rows = ferries()
    text = TABLES[layout](rows)
    messages = [{"role": "user", "content": text}, {"role": "user", "content": question}]
    result = squeezed(messages, 1 / 2)
    assert SUPERLATIVES[question](rows)[0] in result.messages[0]["content"]


def test_a_superlative_without_a_column_of_its_name_takes_both_ends_of_each():
    text = TABLES["CSV"](ferries())
    (unsure, *_) = extremes(text, split(text), "", "Which one is best?", 1.0)
    assert 0 < unsure.share < 1
    assert extremes(text, split(text), "", "Which one is interesting to the guest?", 1.0) == []


TOPICS = ["Harvest", "Lighthouses", "Pottery", "Weather records", "Bees", "Rail tunnels", "Glaciers", "Clock towers"]
SECTIONS = {
    "Markdown": "## {title}\n\n{body}\n\n",
    "HTML": "<h2>{title}</h2>\n<p>{body}</p>\n\n",
    "LaTeX": "\\section{{{title}}}\n{body}\n\n",
    "underlined": "{title}\n------------\n\n{body}\n\n",
    "numbered": "{number}. {title}\n\n{body}\n\n",
    "clauses": "Section {number} {title}\n{body}\n\n",
    "wiki": "== {title} ==\n{body}\n\n",
}


def written(layout, *, quoted=False):
    made = random.Random(5)
    sentences = [
        f"The {made.choice(NAMES)} office keeps {made.randrange(100, 999)} of them." for _ in range(len(TOPICS) * 9)
    ]
    bodies = [" ".join(sentences[9 * at : 9 * at + 9]) for at in range(len(TOPICS))]
    parts = (
        SECTIONS[layout].format(title=title, number=number, body=body)
        for number, (title, body) in enumerate(zip(TOPICS, bodies, strict=True), 1)
    )
    text = "".join(parts)
    return (json.dumps({"page": "guide", "text": text}) if quoted else text), bodies


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("layout", SECTIONS)
def test_a_title_speaks_for_all_of_its_section(layout, quoted):
    text, bodies = written(layout, quoted=quoted)
    messages = [{"role": "user", "content": text}, {"role": "user", "content": "What is said about rail tunnels?"}]
    result = squeezed(messages, 0.4)
    kept = sum(sentence in result.messages[0]["content"] for sentence in bodies[5].split(". "))
    assert kept >= (5 if quoted else 9)


@pytest.mark.parametrize(
    ("layout", "question"),
    [("clauses", "What does section 6 say?"), ("numbered", "Sum up item 6."), ("clauses", "Was steht in § 6?")],
)
def test_a_number_that_the_question_names_finds_its_section(layout, question):
    text, bodies = written(layout)
    messages = [{"role": "user", "content": text}, {"role": "user", "content": question}]
    result = squeezed(messages, 0.4)
    assert bodies[5] in result.messages[0]["content"]


@pytest.mark.parametrize(
    ("before", "part", "behind"),
    [
        ("", "{number}.  {title}\n\n{body}\n\n", ""),
        ("", "{number}.  {title}\r\n\r\n{body}\r\n\r\n", ""),
        ("Our guide:\n\n```\n", "{number}.  {title}\n\n{body}\n\n", "```\n"),
    ],
)
def test_a_title_that_is_the_question_outweighs_its_words_elsewhere(before, part, behind):
    _, bodies = written("numbered")
    bodies = [f"{body} The rail tunnels are dark. What is said of tunnels?" for body in bodies]
    bodies[5] = f"Some are long, as described in\nSection 2.3 of the guide.\n{written('numbered')[1][5]}"
    text = "".join(
        part.format(number=number, title=title, body=body)
        for number, (title, body) in enumerate(zip(TOPICS, bodies, strict=True), 1)
    )
    messages = [
        {"role": "user", "content": f"{before}{text}{behind}"},
        {"role": "user", "content": "What is said about rail tunnels?"},
    ]
    result = compress(messages, "gpt-4o", trigger=320, target=320)
    assert result.target_met
    assert bodies[5] in result.messages[0]["content"]


def test_a_number_outweighs_common_words_and_a_gap_names_the_heading_of_what_is_behind_it():
    made = random.Random(7)
    versions = [f"{2 - number // 20}.{20 - number % 20}.0 (2020-02-{1 + number % 20:02})" for number in range(40)]

    def lines(what, count):
        return [
            f"* The {made.choice(NAMES)} {made.choice(COLUMNS)} {what} (#{made.randrange(9_999)})" for _ in range(count)
        ]

    fixes = [lines("was fixed and is now read as a whole", 24) for _ in versions]
    changes = [["", "#### Changed", "", *lines("changed with the version", 2)] if n != 12 else [] for n in range(40)]
    fixes[25][12] = "* Support for HHVM was dropped"
    parts = zip(versions, fixes, changes, strict=True)
    text = "\n\n".join(
        "\n".join([f"### {version}", "", "#### Fixed", "", *fixed, *changed]) for version, fixed, changed in parts
    )

    def shown(question):
        messages = [{"role": "user", "content": text}, {"role": "user", "content": question}]
        result = compress(messages, "gpt-4o", trigger=1_200, target=1_200)
        assert result.target_met
        assert restore(result.messages, result.cache) == messages
        return result.messages[0]["content"]

    asked = shown(f"What changed in version {versions[12].split()[0]}?")
    assert sum(line in asked for line in fixes[12]) > 20
    above, _, _ = shown("When was HHVM dropped?").partition(fixes[25][12])
    assert max(versions, key=above.rfind) == versions[25]


def test_lines_of_one_request_stay_together():
    made = random.Random(11)
    lines = []
    for number in range(150):
        request = f"req-{made.randrange(16**8):08x}"
        begin = f"2026-03-01T10:{number // 60:02}:{number % 60:02} INFO [{request}]"
        lines.append(f"{begin} opened basket of client C-{4000 + number}")
        lines.append(f"{begin} stock is held in hall {made.randrange(90)}")
    order = sorted(range(len(lines)), key=lambda at: (at + made.randrange(40), at))
    text = "\n".join(lines[at] for at in order) + "\n"
    question = "What happened to the basket of client C-4077?"
    messages = [{"role": "user", "content": text}, {"role": "user", "content": question}]
    result = squeezed(messages, 1 / 4)
    assert lines[2 * 77 + 1] in result.messages[0]["content"]


PAGES = {
    "th": (
        "ประภาคารเก่าตั้งอยู่บนเกาะทางเหนือ",
        "ตลาดน้ำเปิดทุกวันเสาร์ตอนเช้าตรู่",
        "โรงเรียนแห่งนี้มีนักเรียนประมาณสองร้อยคน",
        "สะพานไม้สร้างโดยช่างจากหมู่บ้านใกล้เคียง",
    ),
    "hi": (
        "पुराना प्रकाशस्तंभ उत्तरी द्वीप पर खड़ा है",
        "तैरता बाज़ार हर शनिवार सुबह जल्दी खुलता है",
        "इस विद्यालय में लगभग दो सौ छात्र पढ़ते हैं",
        "लकड़ी का पुल पास के गाँव के कारीगरों ने बनाया",
    ),
    "ko": (
        "오래된 등대는 북쪽 섬에 서 있다",
        "수상 시장은 매주 토요일 아침 일찍 열린다",
        "이 학교에는 학생이 약 이백 명 있다",
        "나무다리는 이웃 마을의 목수들이 지었다",
    ),
}
ASKED = {"th": "ประภาคารเก่าอยู่ที่ไหน", "hi": "प्रकाशस्तंभ कहाँ है", "ko": "등대는 어디에 있나요"}


@pytest.mark.parametrize("language", PAGES)
def test_words_are_found_in_scripts_without_spaces_and_with_marks(language):
    pages = [f"{page} {number}\n\n" for number in range(40) for page in PAGES[language][1:]]
    pages.insert(70, f"{PAGES[language][0]}\n\n")
    messages = [{"role": "user", "content": "".join(pages)}, {"role": "user", "content": ASKED[language]}]
    result = squeezed(messages, 1 / 4)
    assert PAGES[language][0] in result.messages[0]["content"]


BRIDGES = {
    "Japanese": (
        "{n}番の橋は第{town}町にあり、{year}年に建てられました。石のアーチがあり、多くの人が毎日川を渡るために使います。",
        "{year}年に建てられた橋がどの町にあるか教えてください",
    ),
    "Chinese": (
        "第{n}号桥位于第{town}镇，建于{year}年。桥有石拱，每天有很多人用它过河。",
        "请告诉我建于{year}年的桥在哪个镇",
    ),
}


@pytest.mark.parametrize("language", BRIDGES)
def test_a_question_that_is_asked_again_does_not_take_the_place_of_its_answer(language):
    line, asking = BRIDGES[language]
    lines = [line.format(n=n, town=n * 7 % 13, year=1800 + n) for n in range(150)]
    question = asking.format(year=1887)
    messages = [
        {"role": "user", "content": "\n".join([*lines, question])},
        {"role": "assistant", "content": "11"},
        {"role": "user", "content": question},
    ]
    whole = compress(messages, "gpt-4o").original_tokens
    result = compress(messages, "gpt-4o", trigger=whole - 1, target=whole // 4)
    assert lines[87] in result.messages[0]["content"]


def test_a_page_of_sentences_is_no_code():
    text, _ = written("HTML")
    assert detect(text).kind == detect(text, "guide.html").kind == "prose"
    assert detect("<div>\n  <span class='x'>\n    {{ item }}\n  </span>\n</div>\n" * 9, "list.html").kind == "code"


DATA = {
    "json": json.dumps(records(ferries()), indent=1),
    "table": TABLES["CSV"](ferries()),
    "diff": "--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,2 @@\n import re\n-x = 1\n+x = 2\n" * 9,
    "python": '"""Ferries."""\n\nimport re\n\n\ndef fare(ferry):\n    return ferry["fare"]\n' * 3,
    "log": "".join(f"2026-03-01 10:00:{second:02} INFO ferry {second} left the pier\n" for second in range(40)),
    "prose": written("HTML")[1][0] * 3,
}


@pytest.mark.parametrize(
    "wrapped", ["Here it is:\n\n{}", "Here it is:\n\n```\n{}\n```\n", "File: ferries\n{}", "The ferries\n\n{}"]
)
@pytest.mark.parametrize("kind", DATA)
def test_a_line_above_a_text_and_a_fence_around_it_hide_no_kind(kind, wrapped):
    assert detect(DATA[kind]).kind == kind
    if kind != "python" or not wrapped.startswith(("File", "The")):  # prose quotes lines of code below a title, too
        assert detect(wrapped.format(DATA[kind])).kind == kind


def test_an_empty_text_that_may_change_is_no_material():
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
    messages = [{"role": "user", "content": each} for each in ("", [image], "The pier is old. " * 60)]
    result = compress(messages, "gpt-4o", shape="anthropic", trigger=15, target=1, open=["user"])
    assert restore(result.messages, result.cache) == messages


HEADED = {
    "numbered": "3.{number} {title}\n\n",
    "capitals": "{capitals}\n\n",
    "a manual": "{capitals}\n",
    "underlined": "{title}\n==================\n\n",
    "HTML": "<h2>{title}</h2>\n",
    "LaTeX": "\\section{{{title}}}\n\n",
    "AsciiDoc": "== {title}\n\n",
}


@pytest.mark.parametrize("layout", HEADED)
def test_a_gap_names_the_heading_of_what_is_behind_it(layout):
    made = random.Random(3)
    indentation = "       " if layout == "a manual" else ""
    lines = [
        f"{indentation}A {made.choice(NAMES)} office keeps {made.randrange(100, 999)} of them in {made.choice(NAMES)}."
        for _ in range(len(TOPICS) * 30)
    ]
    lines[170] = f"{indentation}The zeppelin may land here once a year."
    text = "\n".join(
        HEADED[layout].format(number=number, title=title, capitals=title.upper())
        + "\n\n".join(lines[30 * number : 30 * number + 30]) + "\n"
        for number, title in enumerate(TOPICS)
    )  # fmt: skip
    if layout == "a manual":
        text = f"BALLOON(1)          User Commands          BALLOON(1)\n\nNAME\n       balloon - flies\n\n{text}"
    messages = [{"role": "user", "content": text}, {"role": "user", "content": "When may the zeppelin land?"}]
    result = compress(messages, "gpt-4o", trigger=220, target=220)
    assert result.target_met
    assert restore(result.messages, result.cache) == messages
    shown = result.messages[0]["content"]
    above, _, _ = shown.partition(lines[170])
    assert max(TOPICS, key=lambda title: above.upper().rfind(title.upper())) == TOPICS[5]


REPORT = "A section of configparser that is repeated raises no DuplicateSectionError\n\n_read() should see it."
STORY = "It came up while the options of an old site were moved to their new place. " * 30
REPORTS = {
    "short": REPORT,
    "long": f"{REPORT}\n\n{STORY}",
    "long, with an order above it": f"Fix this in the files above:\n\n{REPORT}\n\n{STORY}",
}


@pytest.mark.parametrize(
    "system", [None, "You are a helpful assistant.", "You are a programmer.\n\nFix what the user reports."]
)
@pytest.mark.parametrize("report", REPORTS)
def test_a_report_that_asks_nothing_is_what_the_files_before_it_are_judged_by(system, report):
    modules = [argparse, configparser, csv, html, mailbox, shelve, textwrap, zipfile]
    files = [f"# {module.__name__}.py\n{inspect.getsource(module)}" for module in modules]
    files.insert(2, "# short.py\nfrom .cli import main\n\nmain()\n")
    files.insert(5, "# env.rb\ndef self.read\n  arguments = ENV.fetch('OPTS', '')\n  [] if arguments.empty?\nend\n")
    messages = [{"role": "user", "content": text} for text in (*files, REPORTS[report])]
    if system:
        messages.insert(0, {"role": "system", "content": system})
    result = compress(messages, "gpt-4o", trigger=8_000, target=8_000)
    assert result.target_met
    assert result.messages[-1] == messages[-1]
    assert "raise DuplicateSectionError(" in "\n".join(message["content"] for message in result.messages[:-1])


def a_process_list(made):
    users, commands = (
        ("root", "www-data", "redis"),
        ("nginx: worker", "php-fpm: pool", "python worker.py", "sshd: deploy"),
    )
    rows = [
        f"{made.choice(users):9} {made.randrange(900, 99000):6} 0.{made.randrange(4)} 0.{made.randrange(4)} "
        f"{made.choice(('S', 'I'))} {made.choice(commands)} {number}"
        for number in range(300)
    ]
    return rows, "www-data   50912 0.0 0.0 Z [convert] <defunct> 7"


def a_compiler_log(made):
    rows = [
        f"src/part_{made.randrange(90)}.c:{made.randrange(900)}:7: warning: unused variable 'n_{number}'"
        for number in range(300)
    ]
    return rows, "src/linker.c:11:36: error: 'struct seg' has no member named 'base'"


def a_list_of_tasks(made):
    rows = [f"ok: [web-{made.randrange(9)}] => step {number} changed=0 failed=0" for number in range(300)]
    return rows, "fatal: [db-1] => no space left on device"


@pytest.mark.parametrize("asked_first", [True, False])
@pytest.mark.parametrize(
    ("made_by", "question"),
    [
        (a_process_list, "Is there a zombie?"),
        (a_compiler_log, "Why doesn't it compile?"),
        (a_list_of_tasks, "What failed?"),
    ],
)
def test_an_output_whose_words_do_not_answer_shows_what_is_unlike_the_rest(made_by, question, asked_first):
    made = random.Random(8)
    rows, odd = made_by(made)
    rows.insert(made.randrange(60, 240), odd)
    run = {"id": "a", "type": "function", "function": {"name": "run", "arguments": '{"command": "./do"}'}}
    output = [
        {"role": "assistant", "content": None, "tool_calls": [run]},
        {"role": "tool", "tool_call_id": "a", "content": "\n".join(rows)},
    ]
    asked = {"role": "user", "content": question}
    messages = [asked, *output] if asked_first else [{"role": "user", "content": "Do it."}, *output, asked]
    assert any(odd in str(message["content"]) for message in squeezed(messages, 0.1).messages)


def test_json_whose_words_do_not_answer_shows_the_record_that_is_unlike_the_others():
    made = random.Random(4)
    records = [
        {
            "parcel": {"id": f"P-{300 + n}", "legs": [{"code": made.choice(("IN", "OUT")), "hub": made.randrange(5)}]},
            "to": {"street": f"{made.choice(('Elm', 'Oak'))} {n}"},
            "weight_g": made.randrange(200, 9000),
        }
        for n in range(80)
    ]
    records[31]["parcel"]["legs"][0]["code"] = "SENT_BACK"
    run = {"id": "a", "type": "function", "function": {"name": "list_parcels", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "List them."},
        {"role": "assistant", "content": None, "tool_calls": [run]},
        {"role": "tool", "tool_call_id": "a", "content": json.dumps(records)},
        {"role": "user", "content": "Which parcel did somebody not want to take?"},
    ]
    shown = squeezed(messages, 0.15).messages[2]["content"]
    assert all(each in shown for each in ("P-331", "SENT_BACK"))


def test_a_sentence_in_words_of_its_own_tells_one_of_many_alike_letters_apart():
    made = random.Random(4)
    usual = [
        "The heart was regular.",
        "The wound has healed well.",
        "We ask for a visit in {} weeks.",
        "No fever was seen.",
    ]
    letters = [
        f"Letter {n}\n" + " ".join(made.sample(usual, 3)).format(made.randrange(2, 9)) + " Greetings, the ward."
        for n in range(60)
    ]
    odd = "He reacted to penicillin with an itching rash all over."
    letters[37] = letters[37].replace(" Greetings", f" {odd} Greetings")
    text = "\n\n".join(letters)
    messages = [{"role": "user", "content": text}, {"role": "user", "content": "Does anybody have an allergy?"}]
    assert odd in squeezed(messages, 0.15).messages[0]["content"]


@pytest.mark.parametrize(
    ("question", "change"),
    [
        ("Is a machine privileged?", {"privileged": True}),
        ("Which machine restarts again and again?", {"restarts": 140}),
        ("Where is little memory left?", {"memory_free": 2}),
    ],
)
def test_of_rows_with_a_key_that_the_question_names_the_unusual_one_is_meant(question, change):
    made = random.Random(6)
    machines = []
    for n in range(60):
        free = made.randrange(400, 900)
        state = {"privileged": False, "restarts": 0, "memory_free": free} | (change if n == 41 else {})
        disks = [{"disk": disk, "size": made.randrange(50, 90), "mounted": True} for disk in "abcdefgh"]
        machines.append({"name": f"{NAMES[n % len(NAMES)]}-{n}", "disks": disks, "state": state})
    text = json.dumps(machines, indent=2)
    messages = [{"role": "user", "content": text}, {"role": "user", "content": question}]
    shown = squeezed(messages, 0.1).messages[0]["content"]
    ((key, value),) = change.items()
    assert f'"{key}": {json.dumps(value)}' in shown
    assert machines[41]["name"] in shown  # the gap above it names the record
