"""Code of other languages is cut at its definitions, by its grammar where that fits and by indentation where not."""

import pytest
from fragments import FRAGMENTS, mixed_text
from hypothesis import given
from hypothesis import strategies as st
from paths import SOURCES

from compresskit.content import split
from compresskit.content.splitters import grammar
from compresskit.content.splitters.languages import language

# Every definition, how it begins (with what is written above it) and how it ends.
DEFINITIONS = {
    "cart.js": {
        "priceOf": ("/**\n * What one", "gross: Math.round(net * (1 + rate)) }\n}"),
        "label": ("// A regular", "(${CURRENCY})`\n}"),
        "Cart.constructor": ("constructor(customer)", "this.discount = 0\n  }"),
        "Cart.size": ("get size()", "}"),
        "Cart.load": ("async load(path)", "}\n  }"),
        "Cart.total": ("total()", "}\n}"),
        "receipts": ("async function* receipts", "}\n}"),
        "Cart.describe": ("Cart.prototype.describe", "}"),
        "handlers": ("const handlers", "}"),
        "a cart": ('describe("a cart"', "})"),
    },
    "router.ts": {
        "Request": ("/** What a handler", "}"),
        "Level": ("export enum Level", "}"),
        "Middleware.log": ("protected log(", "}\n}"),
        "logged": ("function logged(", "return descriptor\n}"),
        "Route.match": ("match(path", "return params\n  }\n}"),
        "Router.handle": ("@logged", "}\n}"),
        "files.read": ("export function read", "}\n}"),
        "listen": ("export const listen", "}"),
    },
    "queue.go": {
        "defaultWorkers": ("const (", ")"),
        "Job": ("// Job is", "}"),
        "HandlerFunc.Handle": ("// Handle calls f", "}"),
        "New": ("// New makes", "}\n}"),
        "Queue.Push": ("// Push adds", "}\n}"),
        "Queue.retry": ("func (q *Queue[T]) retry", "}"),
    },
    "ledger.rs": {
        "TransferError.fmt": ("fn fmt(&self", "}\n}"),
        "Entry.is_large": ("fn is_large", "}\n}"),
        "entry": ("macro_rules! entry", "}"),
        "Ledger.open": ("/// Opens an account", "AccountId(id)\n    }"),
        "Ledger.transfer": ("pub fn transfer", "Ok(())\n    }"),
        "Ledger.audit": ("#[must_use]", "}\n}"),
        "tests.money_moves": ("#[test]", "}\n}"),
    },
    "Scheduler.java": {
        "Scheduler.every": ("/** Adds a job", "return job;\n    }"),
        "Scheduler.close": ("@Override", "executor.shutdownNow();\n    }"),
        "Scheduler.best": ("@SuppressWarnings", "return best;\n    }"),
        "Scheduler.Listener.failed": ("default void failed", "}\n    }"),
        "Scheduler.State.isOpen": ("boolean isOpen()", "}\n    }"),
        "Scheduler.Job.cancel": ("void cancel()", "}\n}"),
        "Run": ("record Run", "record Run(String name, Instant when) {"),
    },
    "grid.cpp": {
        "clamp": ("int clamp(", "}"),
        "Point.operator==": ("bool operator==", "}\n};"),
        "Grid.at": ("Cell& at(", "}"),
        "Grid.each": ("template <typename Visit>", "}\n    }"),
        "step": ("// Where one step", "return from;\n}"),
        "Walker.walk": ("void Walker::walk", "}\n}"),
        "grid_version": ("int grid_version", "}"),
    },
    "feed.rb": {
        "Reader.Entry": ("# One entry", "end\n  end"),
        "Reader.Feed.open": ("def open(url)", "end"),
        "Reader.Feed.from_file": ("def self.from_file", "feed\n    end"),
        "Reader.Feed.refresh": ("# Reads the feed", "end"),
        "Reader.Feed.parse": ("def parse(body)", "end\n    end\n  end"),
        "Reader.Titles.shorten": ("def self.shorten", "end"),
        "main": ("def main(arguments)", "end\nend"),
    },
    "backup.sh": {
        "log": ("log() {", "}"),
        "usage": ("usage() {", "exit 2\n}"),
        "archive_name": ("# The name of today", "}"),
        "pack": ("pack() {", "}"),
        "forget_old": ("forget_old() {", "2>/dev/null)\n}"),
        "report": ("report() {", "}"),
    },
}
NAMES = list(DEFINITIONS)


def source(name):
    return (SOURCES / name).read_text(encoding="utf-8")


def named(text, path):
    """The names of a text's segments, one after the other."""
    return [segment.name for segment in split(text, path, min_chars=1).segments]


@pytest.mark.parametrize("name", NAMES)
def test_every_definition_stands_by_itself_and_whole(name):
    text = source(name)
    assert grammar.marks(text, name) is not None
    pieces = {}
    for start, end, title in split(text, name, min_chars=1).segments:
        pieces.update(dict.fromkeys(title.split(", "), text[start:end].strip()))
    for title, (first, last) in DEFINITIONS[name].items():
        assert pieces[title].startswith(first), title
        assert last in pieces[title], title


@pytest.mark.parametrize("name", NAMES)
def test_a_language_is_known_by_its_text_too(name):
    assert language("", source(name)) == language(name, "")


@pytest.mark.parametrize(
    "text", ["", "Dear all,\nhere is the class of 1999.\n", "a: 1\nb: 2\n", "import os\n\ndef f():\n    pass\n"]
)
def test_what_is_not_plain_is_not_guessed(text):
    assert language("", text) == ""


@pytest.mark.parametrize("name", NAMES)
def test_odd_characters_shift_nothing(name):
    """Line ends of Windows, a byte order mark, characters of four bytes, halves of such, and zeros."""
    text = source(name)
    names = named(text, name)
    assert named(text.replace("\n", "\r\n"), name) == names
    assert named("\ufeff" + text, name) == names
    mark = "#" if name.endswith((".rb", ".sh")) else "//"
    odd = f"{mark} \U0001f600 \ud83d \0 é\n"
    lines = text.split("\n")
    at = next(number for number, line in enumerate(lines) if number > 40 and not line) + 1
    changed = "\n".join([*lines[:at], odd + lines[at], *lines[at + 1 :]])
    assert named(changed, name) == names


@pytest.mark.parametrize("name", NAMES)
def test_numbered_reads_are_cut_at_the_same_lines(name):
    text = source(name)
    view = "".join(f"{number:6}→{line}" for number, line in enumerate(text.splitlines(True), 1))
    assert named(view, name) == named(text, name)


@pytest.mark.parametrize("name", NAMES)
def test_half_a_file_is_cut_by_indentation(name):
    text = "\n".join(source(name).split("\n")[:-30])
    if name == "backup.sh":
        text += "\nopen() {\n"
    text = text if grammar.marks(text, name) is None else text + "\n{\n"
    assert grammar.marks(text, name) is None
    shallow = split(text, name, deep=False, min_chars=1)
    assert split(text, name, min_chars=1) == shallow
    assert len(shallow.segments) > 3


@pytest.mark.parametrize(
    "text",
    [
        "Dear all,\n\nthe meeting is moved to Monday, as some of you cannot come.\n" * 40,
        "-> " * 900,
        "{(\n)}" * 900,
        "function f() { return 1 }; " * 300,
        "2024-05-01 10:00:00 INFO [worker-3] started job 17 in 35ms (queue=default)\n" * 100,
        "{\n" * 3000 + "}\n" * 3000,
        "x = 1;\n" * 9000,
    ],
)
@pytest.mark.parametrize("path", ["a.js", "a.rs", "a.rb"])
def test_what_is_no_code_of_that_language_is_left_to_indentation_or_partitioned_all_the_same(text, path):
    found = split(text, path).segments
    assert "".join(text[start:end] for start, end, _ in found) == text


def test_a_text_in_another_language_than_its_path_says_is_cut_by_indentation():
    prose = "Dear all,\n\nthe meeting is moved; see the notes (there are some) on [the board].\n" * 30
    assert grammar.marks(prose, "a.rs") is None
    assert grammar.marks(source("feed.rb"), "feed.java") is None


@pytest.mark.parametrize("path", ["a.css", "a.swift", "Makefile", "a.ex"])
def test_languages_without_a_grammar_are_cut_by_indentation(path):
    text = source("cart.js")
    assert grammar.marks(text, path if "." in path else path + ".mk") is None


def test_without_ast_grep_indentation_does(monkeypatch):
    text = source("queue.go")
    monkeypatch.setattr(grammar, "_parser", lambda: None)
    assert split(text, "queue.go", min_chars=1) == split(text, "queue.go", deep=False, min_chars=1)


def test_a_fault_in_ast_grep_is_none_of_ours(monkeypatch):
    text = source("queue.go")
    shallow = split(text, "queue.go", deep=False, min_chars=1)
    monkeypatch.setattr(grammar, "language", lambda *_: "no such language")  # panics, as it does today
    assert split(text, "queue.go", min_chars=1) == shallow


@given(mixed_text, st.sampled_from(["js", "ts", "tsx", "go", "rs", "java", "c", "h", "cpp", "cs", "rb", "php", "sh"]))
def test_any_text_is_partitioned_whatever_its_path_says(text, extension):
    found = split(text, f"a.{extension}", True, 20, 200).segments
    assert "".join(text[start:end] for start, end, _ in found) == text


@given(st.sampled_from(NAMES), st.lists(st.tuples(st.integers(0, 10**4), st.sampled_from(FRAGMENTS)), max_size=4))
def test_broken_sources_are_partitioned(name, breaks):
    text = source(name)
    for place, fragment in breaks:
        at = place % len(text)
        text = text[:at] + fragment + text[at:]
    found = split(text, name, True, 20, 300).segments
    assert "".join(text[start:end] for start, end, _ in found) == text
    assert split(text, name, True, 20, 300).segments == found


SMALL = {
    "a.c": ("struct s {\n  int a;\n};\n\nstatic char *f(int a)\n{\n  return 0;\n}\n", ["s", "f"]),
    "a.cs": (
        """namespace A.B
{
  public class C : D {
    public C() {
    }

    public async Task<int> M(int a) {
      return a;
    }
  }
}
""",
        ["C", "C.C", "C.M"],
    ),
    "a.php": (
        """<?php
namespace A;

class C extends D {
  use T;

  #[At]
  public function m(int $a): int {
    return $a;
  }
}

function f() {
}
""",
        ["C", "C.m", "f"],
    ),
    "a.kt": (
        """package a

data class A(val x: Int) : B() {
  fun m(a: Int): Int {
    return a
  }

  companion object {
    fun c() {
    }
  }
}

fun String.ext() = 1
""",
        ["A", "A.m", "A.c", "ext"],
    ),
    "a.scala": (
        """class A(x: Int) extends B {
  def m(a: Int): Int = {
    a
  }
}

object O {
  def f = 1
}
""",
        ["A", "A.m", "O", "O.f"],
    ),
    "a.lua": ("local M = {}\n\nfunction M.f(a)\n  return a\nend\n\nlocal function g()\nend\n", ["M.f", "g"]),
}


@pytest.mark.parametrize("path", SMALL)
def test_definitions_of_further_languages_are_named(path):
    text, names = SMALL[path]
    assert grammar.marks(text, path) is not None
    found = ", ".join(named(text, path)).split(", ")
    assert [name for name in dict.fromkeys(found) if name] == names
