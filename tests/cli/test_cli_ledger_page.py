"""compresskit ledger page in a real browser, on a desk and on a phone, light and dark."""

import json

import pytest
from command_line import run

from compresskit import compress
from compresskit.ledger import Ledger
from compresskit.prices import Prices

PRICES = Prices(input=3_000_000, write=3_750_000, write_hour=6_000_000, read=300_000)
NASTY = "<script>document.title = 'taken'</script>" + "word" * 35
RESULT = compress(
    [{"role": "user", "content": text} for text in ("Read on.", "It was a fine day.\n" * 5_000, "Go on.")],
    "gpt-4o",
    trigger=15_000,
    target=10_000,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The page of a ledger with retrievals, many conversations, and a name that is markup."""
    folder = tmp_path_factory.mktemp("page")
    kept = Ledger(folder / "ledger.jsonl")
    usage = {"prompt_tokens": RESULT.compressed_tokens, "prompt_tokens_details": {"cached_tokens": 4_000}}
    for name in (NASTY, *(f"task {number}" for number in range(60))):
        kept.record(RESULT, prices=PRICES, usage=usage, conversation=name)
    kept.record(RESULT, prices=PRICES, usage=usage, conversation=NASTY, retrieved_tokens=100)
    done = run("ledger", "page", kept.path, "-o", folder / "page.html")
    assert done.exit_code == 0, done.stderr
    report = json.loads(run("ledger", "report", kept.path, "--json").stdout)
    return folder / "page.html", report["total"]


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_fits_and_loads_and_runs_nothing(width, dark, browser, made, tmp_path):
    path, _ = made
    browser.judge(path, width, dark, tmp_path)
    assert browser.value("document.title") == "compresskit: what it saved"


def test_its_figures_are_those_of_the_report_and_each_table_adds_up_to_them(browser, made):
    path, total = made
    browser.open(path, 1280)
    texts = "one => [...one.children].map(part => part.textContent)"
    figures = dict(browser.value(f"[...document.querySelectorAll('dl div')].map({texts})"))
    assert figures["requests"] == "61"
    assert figures["retrievals"] == "1"
    assert figures["tokens sent"] == f"{total['sent_tokens']:,}"
    assert figures["paid"] == f"${total['paid_microdollars'] / 1e6:,.4f}"
    assert browser.value("document.querySelector('h1').textContent").startswith(
        f"It saved ${total['saved_microdollars'] / 1e6:,.4f}"
    )
    rows = "body => [...body.rows].map(row => [...row.cells].map(one => one.textContent))"
    tables = browser.value(f"[...document.querySelectorAll('tbody')].map({rows})")
    assert len(tables) == 3
    for rows in tables:
        assert len(rows) <= 51
        assert sum(int(row[1].replace(",", "")) for row in rows) == 61
        saved = sum(float(row[5].replace("$", "").replace(",", "")) for row in rows)
        assert saved == pytest.approx(total["saved_microdollars"] / 1e6, abs=0.0001 * len(rows))


def test_a_ledger_that_was_changed_has_no_page(tmp_path):
    path = tmp_path / "ledger.jsonl"
    Ledger(path).record(RESULT, prices=PRICES)
    path.write_text(path.read_text().replace('"model":"gpt-4o"', '"model":"gpt-5"'))
    done = run("ledger", "page", path, "-o", tmp_path / "page.html")
    assert done.exit_code == 1
    assert not (tmp_path / "page.html").exists()
