"""show --html in a real browser, on a desk and on a phone, light and dark: it fits, is drawn, loads and runs nothing.

The screenshots are in the test's folder, to be looked at: pytest --basetemp=shots tests/cli/test_cli_page.py
"""

import json

import pytest
from command_line import openai_messages, run, save, save_lines

from compresskit import compress

NASTY = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\"> & </pre></details>"
LONG = "word" * 200


@pytest.fixture
def made(tmp_path):
    """A page of two conversations, the second with hostile texts and a name that is long."""
    nasty = [{"role": "user", "content": f"{NASTY}\n{LONG}\n" * 200}, *openai_messages(NASTY)]
    lines = save_lines(tmp_path, [{"messages": openai_messages()}, {"messages": nasty}])
    path = tmp_path / "page.html"
    done = run("show", lines, "--html", path)
    assert done.exit_code == 0, done.stderr
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["line 1", "line 2"], "the sums are still said"
    return path, nasty


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_fits_and_runs_nothing(width, dark, browser, made, tmp_path):
    path, nasty = made
    browser.judge(path, width, dark, tmp_path)
    assert browser.value("document.title") == "compresskit", "text of a message stays text"
    assert nasty[-1]["content"] in browser.value("document.body.textContent")


def test_a_browser_would_refuse_a_script_in_the_page(browser, made):
    path, _ = made
    path.write_text(path.read_text().replace("</body>", "<script>document.title = 'taken'</script></body>"))
    browser.open(path, 1280)
    assert browser.value("document.scripts.length") == 1
    assert browser.value("document.title") == "compresskit"


def test_the_rows_of_the_page_add_up_and_hold_every_text(browser, made):
    """Of each conversation; a text that was taken out is there in full, as what is gone."""
    path, nasty = made
    browser.open(path, 1280)
    number = "name => +(row.querySelector('.' + name)?.textContent ?? '0').replaceAll(',', '')"
    figures = f"row => ['before', 'after'].map({number})"
    rows = f"section => [...section.querySelectorAll('.row:not(.head)')].map({figures})"
    for section in browser.value(f"[...document.querySelectorAll('section')].map({rows})"):
        *parts, total = section
        assert [sum(part) for part in zip(*parts, strict=True)] == total
    texts = "[...document.querySelectorAll('section:last-of-type pre')].map(one => [...one.children].filter("
    texts += "part => part.tagName != 'INS').map(part => part.textContent).join('\\n'))"
    found = browser.value(texts)
    assert all(message["content"] in found for message in nasty if message.get("content"))


def test_a_notebook_shows_the_same_rows_without_the_texts(browser, tmp_path):
    messages = openai_messages(NASTY)
    path = tmp_path / "cell.html"
    html = compress(messages, "gpt-4o", 4000)._repr_html_()
    path.write_text(f"<!doctype html><meta charset=utf-8><body>{html}")
    browser.open(path, 900)
    browser.screenshot(tmp_path / "notebook.png", whole=False)
    assert browser.value("document.querySelectorAll('.row:not(.head)').length") == len(messages) + 4
    assert browser.value("document.querySelectorAll('script, img, details').length") == 0
    assert len(html) < 30_000 < len(json.dumps(messages)), "first words, but no texts"


def test_a_page_that_cannot_be_written_leaves_no_file(tmp_path):
    done = run("show", save(tmp_path, openai_messages()), "--html", tmp_path / "nowhere" / "page.html")
    assert done.exit_code == 4
