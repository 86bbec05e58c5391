"""The report's page: what is drawn from which record, what is flagged, and that nothing of a record is markup."""

import html.parser
import json
import re
from pathlib import Path

import pytest
from made_up_records import NASTY, answers, bench, bill, drawn, estimate, line, needle, record, swe_bench

from evals.__main__ import main as evals_main
from evals.report import charts, looks, main, page, reading

RECORDS = sorted((Path(__file__).parents[2] / "evals" / "records").glob("*.json"))
VOID = {"meta", "path", "rect", "link"}


class Balanced(html.parser.HTMLParser):
    """Fails on a tag that is closed by another, and collects what is loaded."""

    def __init__(self, text):
        super().__init__()
        self.open, self.loads, self.kinds = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.kinds.append(tag)
        self.loads += [
            value for key, value in attrs if key in ("src", "href", "xlink:href") and not value.startswith("#")
        ]
        if tag not in VOID or tag in ("path", "rect"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID or tag in ("path", "rect"):
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag


def test_a_page_is_well_formed_and_loads_nothing():
    found = Balanced(drawn(swe_bench(), needle(), answers(), bench(), bill()))
    assert not found.open
    assert not found.loads
    assert "script" not in found.kinds
    assert {"svg", "table", "details"} <= set(found.kinds)


@pytest.mark.parametrize(
    ("made", "titles"),
    [
        (swe_bench(), ["SWE: lines"]),
        (needle(), ["head+tail: needles found", "compresskit: needles found"]),
        (answers(), ["QA: answered against prompt tokens", "QA: answered"]),
        (bill(), ["coding: bill, in sum", "Tokens of the request", "Bill so far"]),
        (bench(), ["Time over size: files", "Every case, one pass of tiktoken is 1"]),
    ],
    ids=["curves", "heat maps", "accuracy over tokens", "bill", "time over size"],
)
def test_a_record_gives_its_charts(made, titles):
    """Each chart has a title and a description for those who do not see it."""
    charts_of = re.findall(r'role="img"[^>]*><title>(.*?)</title><desc>(.*?)</desc>', drawn(made))
    assert [title for title, _ in charts_of] == titles
    assert all(len(description) > 20 for _, description in charts_of)


def test_a_curve_is_drawn_at_what_was_left_and_is_hollow_where_targets_were_missed():
    shown = drawn(swe_bench())
    assert "litellm: 0.50 [0.40–0.60] at 40 % of the tokens (100 % over target)" in shown
    assert "compresskit: 0.75 [0.65–0.85] at 10 % of the tokens<" in shown
    assert len(re.findall(r'class="dot hollow s1"', shown)) == 2
    assert not re.findall(r'class="dot hollow s0"', shown)


def test_what_went_wrong_is_said():
    """Errors with their words, missed targets, sample sizes, and that a run was not finished."""
    failed = line("SWE", "litellm", errors=4, lines=estimate(0.5, cases=6), missed=estimate(0.5))
    row = {"case": "a", "group": "SWE", "unit": "a", "compressor": "litellm", "error": "KeyError: 'content'"}
    shown = drawn(record("swe-bench", [failed], [row], complete=False, cost=1.25))
    assert "⚠ incomplete" in shown
    assert "litellm: 1 x KeyError: &#x27;content&#x27;" in shown
    assert "⚠ 4" in shown
    assert "⚠ 50 %" in shown
    assert "40 % failed" in shown
    assert "$1.25" in shown
    whole = drawn(record("swe-bench", [line("SWE", "litellm", lines=estimate(0.5))]))
    assert "⚠" not in whole


def test_nothing_of_a_record_is_markup():
    shares = {NASTY: estimate(0.5), "lines": estimate(0.5), "kept": estimate(0.2)}
    groups = f"{NASTY}, target 1", f"{NASTY}, target 2", NASTY
    figures = [line(group, NASTY, **shares) for group in groups]
    place = {"case": NASTY, "group": NASTY, "unit": "a", "compressor": NASTY}
    found = {**place, "error": None, "depth": 0, "length": 1, "found": 1}
    turns = {**place, "error": None, "everything": 1, "turns": [{"prompt": 1, "bill": 1, "bounce": 0}] * 3}
    rows = [found, turns, {**place, "error": NASTY}]
    about = {"packages": {"litellm": NASTY}, "data": {NASTY: NASTY}, "python": NASTY, "trimmed": NASTY}
    for name in (NASTY, "bill", "bench", "needle"):
        one = reading.record(record(name, figures, rows, options={NASTY: NASTY}, **about), NASTY)
        assert not {"script", "img"} & set(Balanced(page([one, one])).kinds)


def test_the_same_records_give_the_same_bytes():
    assert drawn(swe_bench(), bill()) == drawn(swe_bench(), bill())


def test_the_committed_records_give_a_page(tmp_path, capsys):
    out = tmp_path / "report.html"
    assert evals_main(["report", *map(str, RECORDS), "-o", str(out)]) == 0
    shown = out.read_text(encoding="utf-8")
    assert all(f">{path.stem}</a>" in shown for path in RECORDS)
    assert str(out) in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (json.dumps({**swe_bench(), "version": 3}), "version 3"),
        (json.dumps({"format": "something"}), "format"),
        (json.dumps({**swe_bench(), "figures": [{"group": "a"}]}), "broken record"),
        (json.dumps(record("x", [line("a", "b", lines=estimate(float("nan")))])), "no number"),
        ("[", "record"),
    ],
    ids=["a later version", "no record", "broken", "not a number", "no JSON"],
)
def test_a_record_that_cannot_be_read_ends_the_command(text, says, tmp_path, capsys):
    (path := tmp_path / "record.json").write_text(text)
    assert main([str(path), "-o", str(tmp_path / "page.html")]) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "page.html").exists()


def test_a_page_that_cannot_be_written_ends_the_command(tmp_path, capsys):
    assert main([str(RECORDS[0]), "-o", str(tmp_path / "nowhere" / "page.html")]) == 2
    assert "nowhere" in capsys.readouterr().err


def test_version_1_is_read():
    old = {key: value for key, value in swe_bench().items() if key != "complete"} | {"version": 1}
    assert "SWE: lines" in drawn(old)


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_colours_stand_out_in_light_and_dark():
    """WCAG: 3 for marks, 4.5 for text; and no two slots look alike in shape and dash."""
    for block in re.findall(r"\{\s*(--paper[^}]*)\}", looks.css("charts")):
        named = dict(re.findall(r"--(\w+): (#\w{6})", block))
        assert {f"c{slot}" for slot in range(10)} <= named.keys()
        for name, colour in named.items():
            if name not in ("paper", "grid"):
                assert contrast(colour, named["paper"]) >= (4.5 if name in ("ink", "soft") else 3), name
    assert len(set(looks._SHAPES)) == 10


def test_a_chart_shows_itself_in_a_notebook():
    chart = charts.rows("Title", [charts.Bar("a", 0, 0.5, 0.4, 0.6, "0.5")], charts.Axis("x", 0, 1, (0.0, 1.0)))
    assert chart in chart._repr_html_()
    assert "--c0" in chart._repr_html_()
