"""Texts of every kind of content with what breaks readers: in their cells, at their line ends, or cut off.

A text is made of rows of one kind whose words are drawn from odd ones; then it may be cut, its line ends may change,
and something odd may be put in anywhere.
"""

import json

from hypothesis import strategies as st

HUGE = "x" * 140_000  # beyond the 131,072 characters that the csv module takes in a cell
WORDS = (
    "ok", "ok", "late", "eu", "7", "", " ", "a b", "a=b", "state=ok", "late, region: us", "(in every row", "x)", "a: b",
    "…", "… 5 more like this", "[… lines 1-9: retrieve bcdfghjklmnp]", '"', "'", "|", r"\|", "\t", ";", ",", "---",
    "0.123456789012345719", "1E400", "-0", "1.10", "007", "NaN", "9" * 5_000, r"\ud83d", r"\n", "\\",
    "\r", "\r\n", "\n", "\0", "\x08", "\x1b[31mred\x1b[0m", "\x1b]0;t\x07", "\ud83d", "\ude00", "\u202e", "\u2066",
    "\u200b", "\u2028", "\x85", "\x0b", "\xa0", "\ufeff", "e\u0301", "😀", "{", "[", "}", "<!--", "/*", "```", "\"\"\"",
    "$(", "@@",
)  # fmt: skip
NUMBERS = ("0", "-0", "1.0", "1.00", "1e5", "1E400", "1e-400", "0.123456789012345719", "NaN", "-Infinity", "9" * 5_000)
words = st.sampled_from(WORDS) | st.text(st.characters(exclude_categories=()), max_size=6)


def _quoted(word, delimiter):
    return '"' + word.replace('"', '""') + '"' if any(sign in word for sign in (delimiter, '"', "\n", "\r")) else word


def _table(delimiter):
    def row(number, one, other):
        cells = (str(number), _quoted(one, delimiter), "eu", _quoted(other, delimiter))
        return delimiter.join(cells) + "\n"

    return delimiter.join(("id", "note", "region", "state")) + "\n", row


def _json_word(word):
    """A string as JSON writes it, at times as bare escapes or as a number."""
    return word if word in NUMBERS else f'"{word}"' if word.startswith("\\u") else json.dumps(word, ensure_ascii=False)


def _record(number, one, other):
    return f'{{"id": {number}, "note": {_json_word(one)}, "region": "eu", "state": {_json_word(other)}}}'


def _cell(number, one, other):
    return json.dumps(
        {"cell_type": "code", "source": [one, other], "outputs": [{"text": other}], "execution_count": number}
    )


_csv, _csv_row = _table(",")
_tsv, _tsv_row = _table("\t")
_semicolons, _semicolon_row = _table(";")
KINDS = {  # what stands before the rows, a row, what stands between rows, and what stands behind them
    "csv": (_csv, _csv_row, "", ""),
    "tsv": (_tsv, _tsv_row, "", ""),
    "semicolon csv": (_semicolons, _semicolon_row, "", ""),
    "markdown table": ("| id | note | state |\n|---|---|---|\n", "| {} | {} | {} |\n".format, "", ""),
    "json": ("[", _record, ", ", "]"),
    "nested json": ('{"rows": {"all": [', _record, ",\n", ']}, "total": 1.10}'),
    "json lines": ("", lambda *row: _record(*row) + "\n", "", ""),
    "deep json": ("[" * 150, _record, ", ", "]" * 150),
    "notebook": ('{"nbformat": 4, "cells": [', _cell, ", ", "]}"),
    "log": ("", "10:00:{:02} INFO {} for customer {}\n".format, "", "Traceback (most recent call last):\n"),
    "listing": ("", "src/some/where/{}{}{}.py\n".format, "", ""),
    "folders": ("", "./part{}:\n{}\n{}\nx.py\n\n".format, "", ""),
    "search hits": ("", "src/app.py:{}:{} {}\n".format, "", ""),
    "diff": ("--- a/x.py\n+++ b/x.py\n", "@@ -{},2 +1,2 @@\n-{}\n+{}\n".format, "", ""),
    "python": ("import re\n", "def f{}(x):\n    return {!r} + {}\n\n".format, "", ""),
    "javascript": ('"use strict";\n', "function f{}() {{\n  return `{}` + {};\n}}\n\n".format, "", ""),
    "go": ("package main\n\n", "func f{}() string {{\n\treturn `{}` + {}\n}}\n\n".format, "", ""),
    "numbered": ("", "{:>5}→x = {!r} + {}\n".format, "", ""),
    "prose": ("", "Customer {} said {} and then {}. It was late.\n\n".format, "", ""),
    "markdown": ("# Title\n\n", "## Part {}\n\n- {}\n- {}\n\n```\nx\n```\n".format, "", ""),
    "html": ("<!doctype html>\n<table>\n", "<tr><td>{}</td><td>{}</td><td>{}</td></tr>\n".format, "", "</table>\n"),
}


@st.composite
def odd_texts(draw, kinds=tuple(KINDS)):
    before, row, between, after = KINDS[draw(st.sampled_from(kinds))]
    usual = draw(words)
    rows = draw(st.lists(st.tuples(words, st.sampled_from([None, None, None, *WORDS])), min_size=1, max_size=12))
    rows *= draw(st.sampled_from([1, 1, 4]))
    if draw(st.integers(0, 19)) == 0:
        rows[0] = (HUGE, None)
    text = before + between.join(
        row(number, one, usual if other is None else other) for number, (one, other) in enumerate(rows)
    )
    text += after
    return draw(st.sampled_from([_whole, _whole, _whole, _cut, _crlf, _broken_in]))(draw, text)


def _whole(_, text):
    return text


def _cut(draw, text):
    return text[: draw(st.integers(0, len(text)))]


def _crlf(_, text):
    return text.replace("\n", "\r\n")


def _broken_in(draw, text):
    place = draw(st.integers(0, len(text)))
    return text[:place] + draw(words) + text[place:]
