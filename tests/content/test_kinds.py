"""Which kind a text is taken for, with and without a word on where it came from."""

import difflib
import json
import traceback
from pathlib import Path

import pytest

import compresskit.content
from compresskit.content import split

SOURCE = Path(compresskit.content.__file__).with_name("sizing.py").read_text(encoding="utf-8")
NUMBERED = "".join(f"{number:6}→{line}" for number, line in enumerate(SOURCE.splitlines(True), 1))
RECORDS = [{"id": number, "name": f"row {number}"} for number in range(9)]
PROSE = (
    "The band was formed in 1968. It released eight albums, of which three were successful. After a long pause, "
    "two of its members went on under another name. Nobody heard of them again."
)


def failure():
    try:
        raise ValueError("no")
    except ValueError:
        return traceback.format_exc()


@pytest.mark.parametrize(
    ("kind", "text", "hint"),
    [
        ("python", SOURCE, ""),
        ("python", SOURCE, "src/sizing.py"),
        ("python", NUMBERED, ""),
        ("python", "[File: /src/a.py (3 lines total)]\n1:x = 1\n2:y = 2\n3:z = 3\n(Open file: /src/a.py)\n", ""),
        ("python", "# src/a.py\nANSWER = 42\n", ""),
        ("python", "ANSWER = 42\n", '{"file_path": "/src/a.py"}'),
        ("python", "ANSWER = 42\n", '{"command": "cd /src && cat a.py"}'),
        ("code", "function f(a) {\n  return a;\n}\n\nclass B {\n  c() {\n    d();\n  }\n}\n", ""),
        ("code", 'package main\n\nimport "fmt"\n\nfunc main() {\n\tfmt.Println()\n}\n', ""),
        ("code", "x\n", "lib/a.ex"),
        ("code", "name: ci\non: push\njobs:\n  test:\n    steps:\n      - uses: a\n", ""),
        ("diff", "".join(difflib.unified_diff(["a\n"], ["b\n"], "a/x", "b/x")), ""),
        ("diff", "commit 1234567890\n\n    Why\n\ndiff --git a/x b/x\n@@ -1 +1 @@\n-a\n+b\n", "git show"),
        ("json", json.dumps(RECORDS), ""),
        ("json", json.dumps({"results": RECORDS}, indent=2), "data.json"),
        ("json", json.dumps(RECORDS)[:-20], ""),
        ("jsonl", "".join(json.dumps(record) + "\n" for record in RECORDS), ""),
        ("log", "2024-05-01 10:00:00 INFO a\n2024-05-01 10:00:01 WARN b\n", ""),
        ("lines", "[    0.000000] Linux version 6.1\n[    0.013000] pci 0000:00:00.0: type 00\n", "dmesg"),
        ("log", "\x1b[1m=== test session starts ===\x1b[0m\n\x1b[32mtests/test_a.py ...F\x1b[0m\n", "pytest"),
        ("lines", "\x1b[33m> first\x1b[0m\n\x1b[33m> second\x1b[0m\n> third\n> fourth\n", ""),
        ("log", "10:00:00.123 [info] a\n10:00:01.456 [info] b\n", ""),
        ("log", "done\n" + failure(), "python a.py"),
        ("log", "".join(f"2024-05-01 10:00:0{n},123 INFO a{n}\n" for n in range(9)), ""),
        ("log", "api.log.1 2026-03-01 10:00:01 7 INFO a\nhdfs.log 2026-03-01 10:00:02 7 INFO b\n", ""),
        ("log", "081109 203615 148 INFO dfs.Node: a\n081109 203616 35 WARN dfs.Node: b\n", ""),
        ("search", "app.log:12:2026-03-01 10:00:01 a\napp.log:31:2026-03-01 10:00:09 b\n", "grep -n a"),
        ("table", "time,load,host\n" + "".join(f"2024-05-01T10:00:0{n}Z,{n},a1\n" for n in range(9)), ""),
        ("code", "x = 1;\ny = 2;\nz = 3;\nprint(x, y);\nz = 4;\n", ""),
        ("search", "src/a.py:1:import re\nsrc/a.py-2-\nsrc/b.py:30:re.compile\n", "grep -rn re src"),
        ("search", "3:import re\n90:re.compile\n", "grep -n re a.py"),
        ("search", "./a/b.py\n./a/c.py\n./d/e.txt\n", "find ."),
        ("search", "src/a.py:1:import re\nsrc/b.py:2:import re\n", '{"path": "src/a.py", "pattern": "re"}'),
        ("markdown", "# Title\n\nSome text.\n\n## Part\n\n- one\n- two\n", ""),
        ("markdown", "Look:\n\n```python\nimport re\n```\n\nThat is it.", ""),
        ("prose", PROSE, ""),
        ("prose", "乐队成立于一九六八年。发行了八张专辑。其中三张很成功！", ""),
        ("lines", "total 3\nalpha\nbeta\ngamma\n", "ls"),
        ("lines", "QUJDREVG" * 500, ""),
        ("lines", "   \n\n", ""),
    ],
)
def test_the_kind_is_found(kind, text, hint):
    assert split(text, hint).kind == kind


def test_an_issue_that_quotes_a_line_of_code_is_no_python():
    text = f"Cannot import the parser in a fresh install\n\n{PROSE}\nimport parser\n\n{PROSE}\n"
    assert split(text).kind != "python"


def test_a_long_comment_does_not_hide_python():
    text = "# Licensed to whom it may concern, under terms. And so on.\n" * 90 + SOURCE
    assert split(text).kind == "python"


@pytest.mark.parametrize(
    "layout",
    [
        "{number}\n00:0{minute}:{second},250 --> 00:0{minute}:{second},900\n{name}: {said}\n\n",
        "00:0{minute}:{second}.250 --> 00:0{minute}:{second}.900\n<v {name}>{said}\n\n",
        "[0{minute}:{second}] {name}: {said}\n",
        "0{minute}:{second} PM {said}\n",
        "[5/8/23, 1:{second}:14 PM] {name}: {said}\n",
        "2023-05-08 13:{second} <{name}> {said}\n",
        "{name}   0:0{minute}:{second}\n{said}\n\n",
    ],
)
def test_speech_with_times_is_running_text_and_a_log_is_none(layout):
    sentences = f"{PROSE} ".split(". ")[:-1] * 9
    turns = [
        {"number": number, "minute": number // 6, "second": 10 + number % 50, "name": "Ann Lee", "said": f"{said}."}
        for number, said in enumerate(sentences, 1)
    ]
    assert split("".join(layout.format(**turn) for turn in turns)).kind == "prose"
    logged = (
        turn | {"name": f"session[{turn['number']}]", "said": f"INFO Started session {turn['number']}."}
        for turn in turns
    )
    assert split("".join(layout.format(**turn) for turn in logged)).kind != "prose"
