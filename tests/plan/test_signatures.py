"""Gaps in code say which definitions they hide, and a read that is out of date says so; all can be restored."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paths import ROOT, SOURCES
from squeezing import squeezed

from compresskit import compress, retrieve
from compresskit._weights import replaced
from compresskit.content import split
from compresskit.plan import weights
from compresskit.plan.signatures import signatures

MODEL = "gpt-4o"
TOLD = re.compile(r"(?:(?<=: )|(?<=, ))([^\n]+?) L(\d+)(?:-(\d+))?(?=[],:])")
GAP = re.compile(r"^\[… lines (\d+)-(\d+): ([^\n]* L[\d-]+)(?:, [^\n]*)?(?:: retrieve [a-z]+)?\]$", re.MULTILINE)


def reads(*files, question="Why does settle_invoice round?"):
    """An agent that read some files (path, text), and a question; the last read is protected."""
    messages = [{"role": "user", "content": question}]
    for number, (path, text) in enumerate([*files, ("last.txt", "nothing here")]):
        function = {"name": "read_file", "arguments": json.dumps({"path": path})}
        call = {"id": f"call_{number}", "type": "function", "function": function}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": f"call_{number}", "content": text})
    return [*messages, {"role": "user", "content": "Go on."}]


def python_file(name):
    return (ROOT / "compresskit" / name).read_text(encoding="utf-8")


def texts_of(result):
    return [message["content"] for message in result.messages if message["role"] == "tool"]


FILES = [
    (name, python_file(name)) for name in ("plan/knapsack.py", "plan/writer.py", "plan/candidates.py", "plan/groups.py")
]
FILES += [(name, (SOURCES / name).read_text(encoding="utf-8")) for name in ("Scheduler.java", "queue.go")]
QUESTION = "What does Knapsack.fill do with upgrades that do not fit, and how does Queue.Push fail?"


def test_what_is_told_of_a_gap_stands_there():
    with replaced(weights, signatures_share=0.1):  # for many of them
        result = squeezed(reads(*FILES, question=QUESTION), 0.5)
    told = 0
    for (_, original), shown in zip(FILES, texts_of(result), strict=False):
        lines = original.split("\n")
        for first, last, words in GAP.findall(shown):
            for signature, start, end in TOLD.findall(f": {words},"):
                start, end = int(start), int(end or start)
                assert int(first) <= start <= end <= int(last)
                assert lines[start - 1].strip().startswith(signature.partition("(")[0])
                assert lines[end - 1].strip()
                told += 1
    assert told >= 20


def test_a_gap_that_says_what_it_hides_can_be_asked_for_by_lines():
    result = squeezed(reads(*FILES, question=QUESTION), 0.5)
    shown = next(text for text in texts_of(result) if GAP.search(text))
    key = re.search(r"retrieve ([a-z]+)\]", shown)[1]
    signature, start, end = TOLD.findall(f": {GAP.search(shown)[3]},")[0]
    assert signature.partition("(")[0] in retrieve(result.cache, key, lines=f"{start}-{end or start}")


def test_nothing_is_told_of_what_is_no_code():
    prose = "The harbour was closed. Ships waited outside, and def f(x) was not yet written.\n\n" * 200
    result = squeezed(reads(("notes.md", prose), question="What did the ships do?"), 0.5)
    assert not any(GAP.search(text) for text in texts_of(result))


PYTHON = '''import re


class Reader(Base):
    """Reads."""

    def read(
        self,
        path: str,
    ) -> dict[str, int]:
        return {}

    # read and parse
    @cached
    def parse(self, text: list[str] = []) -> None:
        pass


def after(): return Reader
'''


def told_of(text, path, kept=frozenset()):
    found = split(text, path, min_chars=1)
    numbers = [number for number in range(len(found.segments)) if number not in kept]
    return [words for number in numbers for words in signatures(text, found.segments, kept, number, found.kind)]


def test_signatures_say_where_a_definition_begins_and_ends():
    assert told_of(PYTHON, "a.py") == [
        "class Reader(Base) L4-16",
        "def read(…) L7-11",
        "def parse(self, text: list[str] = []) -> None L15-16",
        "def after(): return Reader L19",
    ]


def test_a_class_of_which_a_method_is_kept_ends_before_it():
    segments = split(PYTHON, "a.py", min_chars=1).segments
    kept = {number for number, segment in enumerate(segments) if segment.name == "Reader.parse"}
    assert told_of(PYTHON, "a.py", kept)[0] == "class Reader(Base) L4-11"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cart.js", "async load(path) L50-55"),
        ("queue.go", "func (q *Queue[T]) Push(job *Job) error L62-75"),
        ("ledger.rs", "pub enum TransferError L13-17"),
        ("ledger.rs", "pub fn open(&mut self, id: u32, cents: u64) -> AccountId L71-74"),
        ("Scheduler.java", "public void close() L41-46"),
        ("grid.cpp", "Cell& at(Point where) L51-54"),
        ("feed.rb", "def refresh L41-46"),
        ("backup.sh", "forget_old() L41-50"),
    ],
)
def test_signatures_of_other_languages(name, words):
    assert words in told_of((SOURCES / name).read_text(encoding="utf-8"), name)


def test_signatures_of_a_numbered_read_are_told_without_the_number():
    view = "".join(f"{number:6}→{line}" for number, line in enumerate(PYTHON.splitlines(True), 101))
    assert told_of(view, "a.py")[2] == "def parse(self, text: list[str] = []) -> None L15-16"


marker_like = st.sampled_from(
    [
        "[… lines 3-9: def f(x) L3-5]",
        "[… line 4: def f(x) L4]",
        "[… lines 1-2: retrieve bcdfghjklmnp]",
        "[… lines 3-9]",
        "def f(a): return '[… 3 earlier messages: retrieve bcdfghjklmnp]'",
        "def g(b='L3]'): return b",
        "class A: x = 1",
    ]
)


@given(st.lists(marker_like, min_size=4, max_size=12), st.sampled_from([0.3, 0.5, 0.7]))
def test_code_that_looks_like_markers_is_restored(lines, share):
    body = "".join(f"{line}\n\n\ndef fill{at}(x):\n    return x + {at}\n\n" for at, line in enumerate(lines))
    messages = reads(("a.py", body * 9), ("b.py", body), question="What does fill2 return?")
    squeezed(messages, share)


# --- reads that are out of date --------------------------------------------------------------------


def stub_of(result):
    return next(text for text in texts_of(result) if text.startswith("[… "))


def test_the_stub_of_a_file_that_was_read_again_after_it_changed_says_so():
    old = python_file("plan/knapsack.py")
    new = old.replace(
        "def fill(self, budget: int) -> Choice:", "def fill(self, budget: int, least: int = 0) -> Choice:"
    )
    result = squeezed(reads(("knapsack.py", old), ("knapsack.py", new), question="What does Knapsack.fill do?"), 0.6)
    assert ", changed, read again below: retrieve " in stub_of(result)
    assert "least: int = 0" in texts_of(result)[1]


def test_what_is_out_of_date_goes_first_and_the_oldest_of_it_before_the_rest():
    names = ("plan/knapsack.py", "plan/writer.py", "plan/candidates.py", "plan/costs.py")
    old = [(name, python_file(name)) for name in names]
    new = [(name, python_file(name).replace("return", "return  # changed\n    return")) for name in names[2::-1]]
    messages = reads(*old, *new, question="What does Knapsack.fill do?")
    total = compress(messages, MODEL, trigger=10**9).original_tokens
    gone = [[]]
    for share in range(99, 50, -1):
        result = compress(messages, MODEL, trigger=share * total // 100, target=share * total // 100)
        touched = [row.message for row in result.decisions if row.action not in ("kept", "protected")]
        if touched != gone[-1]:
            gone.append(touched)
    assert gone[:4] == [[], [2], [2, 4], [2, 4, 6]], "oldest first, though the newer ones are longer"
    assert all(set(more) > {2, 4, 6} for more in gone[4:]), "and only then what is up to date"


def test_another_file_or_another_call_is_not_out_of_date():
    first, other = python_file("plan/knapsack.py"), python_file("plan/writer.py")
    for files in [(("a.py", first), ("b.py", other)), (("a.py", first), ("a.py", first))]:
        shown = texts_of(squeezed(reads(*files, question="What does Knapsack.fill do?"), 0.5))
        assert not any("changed, read again" in text for text in shown)
