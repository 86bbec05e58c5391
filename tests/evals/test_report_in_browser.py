"""The report in a real browser, on a phone and on a desk, light and dark: it fits, it is drawn, and it loads nothing.

The screenshots are in the test's folder, to be looked at: pytest --basetemp=shots tests/evals/test_report_in_browser.py
"""

import zlib
from pathlib import Path

import pytest
from made_up_records import NASTY, answers, bench, bill, needle, swe_bench

from evals.report import page, reading

RECORDS = sorted((Path(__file__).parents[2] / "evals" / "records").glob("*.json"))
CHARTS = """[...document.querySelectorAll('svg.chart')].map(chart => {
    const box = chart.getBoundingClientRect(), inside = chart.viewBox.baseVal;
    const cut = [...chart.querySelectorAll('text')].filter(text => {
        const {x, y, width, height} = text.getBBox();
        return x < -1 || y < -1 || x + width > inside.width + 1 || y + height > inside.height + 1;
    }).map(text => text.textContent);
    return {width: box.width, height: box.height, parts: chart.querySelectorAll('path, rect').length, cut};
})"""
SCROLLING = "[...document.querySelectorAll('.scroll')].some(box => box.scrollWidth > box.clientWidth)"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The committed records, one of every other kind, and one with hostile and very long names."""
    made = {"needle": needle(), "answers": answers(), "timings": bench(), "bills": bill(), "hostile": swe_bench()}
    for line in made["hostile"]["figures"]:
        line["compressor"] = f"{line['compressor']} {NASTY} {'long' * 30}"
    others = [reading.record(one, name) for name, one in made.items()]
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(page([*map(reading.read, RECORDS), *others]), encoding="utf-8")
    return path


def pixels(png):
    """The bytes of a PNG's rows, still filtered: enough to see whether there is anything."""
    data, place, parts = png.read_bytes(), 8, []
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        if data[place + 4 : place + 8] == b"IDAT":
            parts.append(data[place + 8 : place + 8 + size])
        place += size + 12
    return zlib.decompress(b"".join(parts))


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_fits_and_every_chart_is_drawn(width, dark, browser, report, tmp_path):
    browser.open(report, width, dark=dark)
    assert browser.complaints() == []
    assert browser.requests() == [report.resolve().as_uri()]
    assert browser.value("document.documentElement.scrollWidth") <= width
    charts = browser.value(CHARTS)
    assert len(charts) > 40
    assert all(chart["width"] >= 30 and chart["height"] >= 14 and chart["parts"] for chart in charts)
    assert [chart["cut"] for chart in charts if chart["cut"]] == []
    wide = browser.value(
        "[...document.querySelectorAll('.scroll')].filter(box => box.scrollWidth > box.clientWidth).length"
    )
    assert wide or width > 360, "wide tables scroll in their box"
    picture = tmp_path / f"{width}-{'dark' if dark else 'light'}.png"
    browser.screenshot(picture, clip=(0, 0, width, 2_000))
    shown = pixels(picture)
    assert len(set(shown)) > 100
    assert sum(map(bool, shown)) > len(shown) / 100


def test_the_page_needs_no_scripts(browser, report):
    """Everything is there with scripts turned off: the page is as high as with them."""
    browser.open(report, 360)
    high = browser.value("document.documentElement.scrollHeight")
    browser.open(report, 360, scripts=False)
    size = browser.call("Page.getLayoutMetrics")["cssContentSize"]
    assert size["height"] == high > 5_000
    assert size["width"] == 360


def test_a_text_that_is_cut_off_would_be_seen(browser, tmp_path):
    """The check of the charts can fail."""
    (path := tmp_path / "page.html").write_text(
        '<svg class="chart" viewBox="0 0 50 20" width="50" height="20"><text x="40" y="10">cut off here</text></svg>'
    )
    browser.open(path, 360)
    assert browser.value(CHARTS)[0]["cut"] == ["cut off here"]
