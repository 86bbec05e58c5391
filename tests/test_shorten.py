"""shorten(): one output within a number of tokens, with what matters in it, and everything else in its cache."""

import random
import re
import subprocess
import sys

import pytest
from outputs import pytest_run, repository, run
from paths import ROOT
from side_effects import watched

from compresskit import InvalidArgument, restore, retrieve, shorten
from evals.suites.trace_outputs import TRACES

SHARES = (0.1, 0.2, 0.3)


def log(lines=400):
    """A service's log with one odd line and one failure."""
    rows = [f"10:{n // 60:02}:{n % 60:02} INFO GET /items/{n * 37 % 991} 200 {n % 23}ms\n" for n in range(lines)]
    rows[lines // 3] = "10:03:11 INFO flag fast_checkout changed from on to off\n"
    rows[lines // 2] = "10:05:02 ERROR could not write wal segment: no space left\n"
    return "".join(rows)


def at(text, share, **given):
    """The text within a share of its tokens."""
    whole = shorten(text, 10**9)
    assert whole.text == text
    return shorten(text, int(share * whole.tokens), **given)


def is_lossless(result, text):
    given = [{"role": "user", "content": result.text}]
    return restore(given, result.cache) == [{"role": "user", "content": text}] and result.original == text


@pytest.mark.parametrize("text", ["", "\n", "one line", "a\r\nb\x1b[0m\n", "\ud800\x00"])
def test_a_text_that_fits_comes_back_as_it_was(text):
    result = shorten(text, 50)
    assert (result.text, result.cache, result.tokens, result.left_out) == (text, {}, result.original_tokens, None)
    assert (result.summary, result.key, result.fits) == ("", None, True)


@pytest.mark.parametrize("share", SHARES)
def test_failures_and_the_line_that_is_unlike_the_rest_stay(share):
    result = at(log(), share, command="kubectl logs deploy/shop")
    assert "no space left" in result.text
    assert "fast_checkout changed from on to off" in result.text
    assert result.tokens <= result.max_tokens < result.original_tokens
    assert is_lossless(result, log())


@pytest.mark.parametrize("share", SHARES)
def test_the_failing_assertion_of_a_test_run_stays_with_the_totals(share, tmp_path):
    text = pytest_run(tmp_path)
    result = at(text, share, command="pytest -v")
    assert "thirty-seven is broken" in result.text
    assert "KeyError: 'no such item 5'" in result.text
    totals = next(line for line in reversed(text.split("\n")) if " failed" in line)
    assert totals in result.text
    failed, passed = (int(word) for word in totals.replace(",", " ").split() if word.isdigit())
    assert f"{failed} failed, {passed} passed" in result.summary
    assert is_lossless(result, text)


def test_a_run_in_colours_is_read_like_one_without(tmp_path):
    text = pytest_run(tmp_path, "--color=yes")
    assert "\x1b[" in text
    result = at(text, 0.2, command="pytest -v")
    assert "thirty-seven is broken" in result.text
    assert " failed, " in result.summary
    assert is_lossless(result, text)


def test_colours_and_redrawn_progress_go_first():
    bars = "".join(f"\r\x1b[32m{'#' * n:<40}\x1b[0m {n * 25:>4}/1000 kB" for n in range(41))
    text = "".join(f"fetching part {n} of the archive\n{bars}\n" for n in range(12)) + "done: 12 parts\n"
    result = at(text, 0.1)
    assert "done: 12 parts" in result.text
    assert "\x1b" not in result.text
    assert "\r" not in result.text
    assert is_lossless(result, text)


@pytest.mark.parametrize("share", SHARES)
def test_the_query_says_which_hunk_and_which_option_stay(share, tmp_path):
    repository(tmp_path)
    history = run("git", "log", "--stat", cwd=tmp_path)
    subject = next(line.strip() for line in history.split("\n")[100:] if line.startswith("    ") and len(line) > 12)
    assert subject in at(history, share, query=f"When was this done: {subject}?", command="git log --stat").text
    usage = run(sys.executable, "--help-all")
    result = at(usage, share, query="Which option shows how long each import takes?", command="python --help-all")
    assert "importtime" in result.text


def test_the_row_of_a_table_with_the_largest_number_stays():
    rows = [f"/dev/vd{n:<4} 10255636 {n % 40 + 20:>3}% /srv/data{n}\n" for n in range(90)]
    rows[31] = "/dev/vdx   10255636 100% /srv/data_x\n"
    text = "Filesystem     1K-blocks Use% Mounted\n" + "".join(rows)
    result = at(text, 0.2, command="df")
    assert rows[31] in result.text
    assert text.split("\n")[0] in result.text


def test_a_process_with_a_command_of_many_words_stays_for_its_numbers():
    rows = [
        f"app {n:>6} 0.{n % 9} 0.{n % 7} python -m worker {' '.join('--queue x' for _ in range(n % 5))}\n"
        for n in range(90)
    ]
    rows[31] = "app   4711 97.3 41.0 python -m report --year 2025\n"
    assert rows[31] in at("USER PID CPU MEM COMMAND\n" + "".join(rows), 0.2, command="ps aux").text


FAILURES_IN_NAMES = {
    "tests that pass": ("tests/test_{0}.py::test_{0}_raises_error_{1} PASSED", "tests/test_shop.py::test_total FAILED"),
    "packages": ("12:00:01 status installed liberror-perl-{0}:amd64 {1}.0", "12:00:01 conffile /etc/shop.conf keep"),
    "remarks on docstrings": (
        'shop/{0}.py:{1}:5: D401 First line should be imperative: "The error of a {0} that failed."',
        "shop/tax.py:9:5: F821 Undefined name `rate`",
    ),
    "frames": (
        "  {1}: core::panicking::panic_fmt\n             at /rustc/{0}/library/core/src/panicking.rs:72:14",
        "thread 'total' panicked at src/tax.rs:9:5:\nassertion failed: total == 3",
    ),
}


@pytest.mark.parametrize("kind", FAILURES_IN_NAMES)
def test_a_word_of_failure_in_a_name_hides_no_line_that_matters(kind):
    usual, odd = FAILURES_IN_NAMES[kind]
    lines = [usual.format(random.Random(n).choice(["cart", "price", "audit"]), n) for n in range(200)]
    lines[120] = odd
    assert odd in at("\n".join(lines) + "\n", 0.1).text


def test_a_report_in_xml_is_read_as_lines_and_not_as_code():
    cases = [f'    <testcase classname="shop.Test{n % 7}" name="total{n}" time="0.{n + 100}"/>\n' for n in range(150)]
    cases[91] = (
        '    <testcase name="rounds">\n      <failure message="expected 12.35 but was 12.34"/>\n    </testcase>\n'
    )
    text = '<?xml version="1.0"?>\n<testsuite tests="150">\n' + "".join(cases) + "</testsuite>\n"
    for share in SHARES:
        assert "expected 12.35 but was 12.34" in at(text, share, command="cat report.xml").text


def test_a_word_that_every_count_has_tells_no_part_apart():
    words = ("Rename", "Document", "Simplify")
    lines = []
    for n in range(40):
        subject = "Retries stop at three" if n == 23 else f"{words[n % 3]} part {n * 37}"
        lines += [f"commit {n:040x}", "Author: Mia <mia@example.org>", "", f"    {subject}", ""]
        lines += [f" shop/part_{n}_{k}.py | {k + n} {'+' * k}" for k in range(n % 6 + 1)]
        lines += [f" {n % 6 + 1} files changed, {n + 3} insertions(+)", ""]
    shown = at("\n".join(lines), 0.1, query="Which change was about retries?", command="git log --stat").text
    assert "Retries stop at three" in shown
    assert shown.count("files changed") <= 4


def test_the_path_says_which_kind_a_text_is():
    source = (ROOT / "compresskit" / "shortening.py").read_text("utf-8")
    result = at(source, 0.2, query="How wide is the line of counts at its widest?", path="compresskit/shortening.py")
    assert "def _widest(" in result.text
    assert result.left_out.unit == "lines"
    assert is_lossless(result, source)


def test_what_was_left_out_adds_up():
    source = (ROOT / "compresskit" / "retrieval" / "text_view.py").read_text("utf-8")
    result = at(source, 0.3, path="text_view.py")
    missing = [line for first, last in result.left_out.ranges for line in range(first, last + 1)]
    assert len(missing) == len(set(missing)) == result.left_out.count
    lines = source.split("\n")
    shown = [line for line in result.text.split("\n") if not line.startswith("[… ")]
    kept = [line for number, line in enumerate(lines[:-1], 1) if number not in missing]
    assert [line for line in shown if line] == [line for line in kept if line]
    assert result.summary.startswith(f"{result.left_out.count} of {result.left_out.total} lines left out")
    assert result.text.startswith(f"[… {result.summary}: retrieve {result.key}]")


def test_counts_are_those_of_the_text_and_not_of_its_form():
    text = "".join(f"/usr/share/doc/package{n // 9}/file{n}.txt\n" for n in range(900))
    result = at(text, 0.1)
    assert result.text.startswith("[… listing in short form: ")
    shown = len(set(re.findall(r"file\d+\.txt", result.text)))
    assert (result.left_out.count, result.left_out.total) == (900 - shown, 900)


@pytest.mark.parametrize("usual", ["item {0} is fine, with a value of {1}", "{2}"], ids=["log", "lines"])
def test_counts_hold_if_lines_are_left_out_in_part(usual):
    draw = random.Random(0)
    lines = [
        usual.format(n, n * 37 % 101, " ".join(draw.choices(["red", "blue", "up", "down", "left", "old", "new"], k=6)))
        for n in range(300)
    ]
    lines[150] = ", ".join(f"field{n} = {n * 7919 % 1009}" for n in range(600))
    text = "\n".join(lines) + "\n"
    result = at(text, 0.1, query="What is field311?")
    assert "field311 = " in result.text
    assert result.left_out.unit == "characters"
    shown = sum(len(line) + 1 for line in result.text.split("\n") if not line.startswith(("[… ", "…")))
    assert abs(len(text) - shown - result.left_out.count) < 20


def test_without_a_key_the_first_line_offers_none():
    result = at(log(), 0.1, recoverable=False)
    assert "retrieve" not in result.text
    assert result.text.split("\n")[0].count("left out") == 1
    assert is_lossless(result, log())


def test_the_model_gets_the_rest_by_the_key_in_the_first_line():
    result = at(log(), 0.1)
    assert retrieve(result.cache, result.key, lines="7").startswith("10:00:06 INFO GET")
    assert f": retrieve {result.key}]" in result.text.split("\n")[0]
    alone = at(log(), 0.1, recoverable=False)
    assert "retrieve" not in alone.text
    assert is_lossless(alone, log())


def test_counts_are_those_of_the_whole_and_not_of_its_last_part(tmp_path):
    repository(tmp_path)
    history = run("git", "log", "--stat", cwd=tmp_path)
    assert history.count("insertion") > 4
    assert "insertion" not in at(history, 0.2).summary


CODE = "".join(f"def rule_{n}(order):\n    total = order.total * {n}\n    return total\n\n\n" for n in range(200))


@pytest.mark.parametrize(
    ("rule", "room", "means"),
    [
        ({"tool": "kubectl", "action": "keep"}, 200, lambda found, _: found.text == log() and not found.fits),
        ({"tool": "git", "action": "keep"}, 200, lambda found, _: found.fits),
        ({"call": "*logs*", "action": "stub"}, 10**6, lambda found, _: found.tokens < 40),
        ({"contains": "ERROR", "action": "excerpt", "max_tokens": 300}, 10**6, lambda found, _: found.tokens <= 300),
        ({"failing": True, "action": "excerpt"}, 60, lambda found, _: "no space left" in found.text),
        ({"action": "verbatim"}, 900, lambda found, plain: "more like this" in plain.text and "like" not in found.text),
    ],
    ids=lambda value: value.get("action") if isinstance(value, dict) else None,
)
def test_a_rule_of_the_owner_decides(rule, room, means):
    found, plain = (shorten(log(), room, command="kubectl logs deploy/shop", rules=given) for given in ([rule], None))
    assert means(found, plain)
    assert is_lossless(found, log())


@pytest.mark.parametrize("room", [400, 10**6])
def test_by_a_rule_code_becomes_its_signatures(room):
    found = shorten(CODE, room, path="rules.py", rules=[{"path": "*.py", "action": "signatures"}])
    assert "def rule_7(order)" in found.text
    assert "order.total" not in found.text
    assert found.fits
    assert is_lossless(found, CODE)


def test_a_file_reports_no_failures():
    code = CODE.replace("return total", "raise ValueError('error: total')")
    assert "failures" not in shorten(code, 400, path="rules.py").text


def test_tokens_can_be_those_of_a_model_without_a_tokenizer():
    result = shorten(log(), 400, token_factor=2.0)
    assert result.text == shorten(log(), 200).text
    for tokens, text in ((result.tokens, result.text), (result.original_tokens, log())):
        assert tokens == 2 * shorten(text, 10**6).tokens


@pytest.mark.parametrize("budget", [1, 5, 12, 20, 40, 80])
def test_a_budget_below_the_floor_gives_the_floor_and_says_so(budget):
    text = log(60)
    result = shorten(text, budget)
    assert result.fits == (result.tokens <= budget)
    assert result.fits or result.tokens == result.floor_tokens
    assert result.floor_tokens <= result.tokens < result.original_tokens
    assert is_lossless(result, text)


def test_a_shortened_text_that_fits_is_not_touched_again():
    result = at(log(), 0.2)
    again = shorten(result.text, result.max_tokens)
    assert again.text == result.text
    assert again.cache == {}


def test_it_is_pure():
    text = log()
    with watched() as events:
        first = shorten(text, 300, "checkout", "make logs")
    assert events == []
    assert shorten(text, 300, "checkout", "make logs") == first
    code = (
        "import sys; from compresskit import shorten; "
        "print(shorten(sys.stdin.read(), 300, 'checkout', 'make logs').text, end='')"
    )
    for seed in ("1", "2"):
        command, env = [sys.executable, "-c", code], {"PYTHONHASHSEED": seed}
        done = subprocess.run(command, cwd=ROOT, input=text.encode(), stdout=subprocess.PIPE, env=env)
        assert done.stdout.decode() == first.text


def test_a_caller_may_count_in_a_unit_of_their_own():
    result = shorten(log(), 900, counter=len)
    assert len(result.text) == result.tokens <= 900


@pytest.mark.parametrize("given", [(5, 10), (None, 10), ("text", 0), ("text", True), ("text", "10"), ("text", 10, 5)])
def test_wrong_arguments_are_one_clear_error(given):
    with pytest.raises(InvalidArgument, match="was expected"):
        shorten(*given)


def test_a_long_line_without_ends_is_cut_within_it():
    draw = random.Random(0)
    text = " ".join(draw.choice(("alpha", "beta", "gamma")) + str(n) for n in range(4_000))
    result = at(text, 0.2)
    assert result.fits
    assert result.left_out.unit == "characters"
    assert is_lossless(result, text)


@pytest.mark.parametrize("make", TRACES, ids=lambda make: make.__name__)
def test_causes_own_frames_and_odd_rows_stay_of_deep_traces_and_long_tables(make):
    output = make(random.Random(make.__name__))
    result = at(output.text, 0.2, command=output.command)
    assert [need for need in output.needs if need not in result.text] == []
    assert is_lossless(result, output.text)
