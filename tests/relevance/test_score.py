"""What segments are worth beside each other."""

import sys
from itertools import accumulate, pairwise

import pytest

from compresskit import compress
from compresskit.content import Segment
from compresskit.relevance import Document, score
from compresskit.relevance.outliers import lines_of, severities
from compresskit.relevance.output_signals import output_values
from compresskit.types import Query

QUERY = Query({"lighthouse": 1.0}, {})
PARTS = ["The harbour was quiet that year.", "The lighthouse burned in 1911.", "Nobody came to see it."]


def values(separator, kind):
    """The values of three segments, of which the middle one matters."""
    text, segments = "", []
    for part in PARTS:
        segments.append(Segment(len(text), len(text) + len(part) + len(separator), ""))
        text += part + separator
    other = Document("Something else altogether.\n", [Segment(0, 27, "")], "", 0.0, kind)
    return score([Document(text, segments, "", 0.0, kind), other], QUERY)[0]


@pytest.mark.parametrize("kind", ["prose", "python", "code"])
def test_what_stands_beside_a_hit_is_worth_a_share_of_it(kind):
    first, hit, last = values("\n", kind)
    assert hit > first == last > 0


def test_blank_lines_part_nothing_in_code():
    assert values("\n\n", "python") == values("\n", "python")


LOGS = {
    "a level behind the time": ("2026-03-01 10:{:02d}:00,101 INFO worker: batch {} done", "{} ERROR pool: {}"),
    "a level in brackets": ("[Sun Mar 01 10:{:02d}:00 2026] [notice] child {} resumed", "{} [error] child: {}"),
    "a level of key and value": ('time="10:{:02d}:00" level=info msg="batch {}"', '{} level=fatal msg="{}"'),
    "a file before the time": ("api.log.1 2026-03-01 10:{:02d}:00 77 INFO api [req-{}] 200", "{} ERROR api {}"),
}


@pytest.mark.parametrize("layout", LOGS)
def test_the_line_of_failure_of_a_log_stays_whatever_the_question_says(layout):
    usual, failing = LOGS[layout]
    lines = [usual.format(number % 60, number) for number in range(300)]
    broken = failing.format(lines[170].split(" ")[0], "connection pool exhausted")
    lines[170] = broken
    question = "Customers could not pay this morning. Why?"
    messages = [{"role": "user", "content": "\n".join(lines)}, {"role": "user", "content": question}]
    result = compress(messages, "gpt-4o", 2_000, 1_500)
    assert broken in str(result.messages[0]["content"]).replace("\\'", "'")


def test_a_word_of_failure_in_a_line_of_info_is_no_failure():
    usual = "10:{:02d}:00 INFO worker: batch {} done, 0 errors, {} retries failed softly"
    lines = [usual.format(number % 60, number, number % 3) for number in range(40)]
    lines[20] = "10:20:00 FATAL worker: out of memory"
    found = severities(lines_of([line + "\n" for line in lines]))
    assert found[20] == 1.0
    assert max(found[:20]) < 0.5


def test_a_log_twice_as_long_takes_twice_the_calls():
    def calls(size):
        lines = [f"10:00:{n % 60:02} {('INFO', 'WARN')[n % 9 == 0]} job {n * n} done, 0 errors\n" for n in range(size)]
        ends = list(accumulate(map(len, lines)))
        segments = [Segment(start, end, "") for start, end in pairwise([0, *ends])]
        count = 0

        def counted(*_):
            nonlocal count
            count += 1

        before = sys.getprofile()
        sys.setprofile(counted)
        try:
            output_values("".join(lines), segments, "log")
        finally:
            sys.setprofile(before)
        return count

    assert calls(1_000) < 2.5 * calls(500)
