"""Other languages are cut at blocks, and definitions are named."""

import pytest
from fragments import FRAGMENTS
from hypothesis import given
from hypothesis import strategies as st
from paths import SOURCES

from compresskit.content import split

JAVASCRIPT = """import { a } from "a"
import b from "b"

// Adds up.
export async function total(items) {
  let sum = 0

  for (const item of items) {
    sum += item.price
  }
  return sum
}

class Cart extends Base {
  constructor() {
    super()
  }

  add(item) {
    this.items.push(item)
  }
}

const helper = (x) => {
  return x
}
"""
GO = """package main

import "fmt"

type Server struct {
	port int
}

// Start listens.
func (s *Server) Start(host string) error {
	fmt.Println(host)
	return nil
}

func main() {
	s := Server{}
	s.Start("")
}
"""
RUST = """use std::io;

#[derive(Debug)]
pub struct Point {
    x: i32,
}

impl Point {
    pub fn new(x: i32) -> Self {
        Point { x }
    }

    fn shift(&mut self) {
        self.x += 1;
    }
}
"""
ELIXIR = """defmodule Shop.Cart do
  use GenServer

  @impl true
  def init(items) do
    {:ok, items}
  end

  defp price(item) do
    item.price
  end
end
"""
C = """#include <stdio.h>

static int counter;

int add(int a, int b)
{
    return a + b;
}

void show(const char *name)
{
    printf("%s", name);
}
"""
CSS = "body {\n  margin: 0;\n}\n\n.sidebar-link:hover {\n  color: red;\n}\n"


@pytest.mark.parametrize(
    ("path", "text", "definitions"),
    [
        (
            "a.js",
            JAVASCRIPT,
            {
                "total": ("// Adds up.", "return sum\n}"),
                "Cart.add": ("add(item)", "}"),
                "helper": ("const", "return x\n}"),
            },
        ),
        (
            "a.go",
            GO,
            {"Server": ("type", "}"), "Server.Start": ("// Start", "return nil\n}"), "main": ("func main", "}")},
        ),
        (
            "a.rs",
            RUST,
            {"Point": ("#[derive", "}"), "Point.new": ("pub fn new", "}"), "Point.shift": ("fn shift", "}")},
        ),
        ("a.ex", ELIXIR, {"Shop.Cart.init": ("@impl", "  end"), "Shop.Cart.price": ("defp", "  end")}),
        ("a.c", C, {"add": ("int add", "}"), "show": ("void show", "}")}),
        ("a.css", CSS, {"body": ("body", "}"), ".sidebar-link:hover": (".side", "}")}),
    ],
)
def test_a_definition_stands_whole_in_a_segment_of_its_name(path, text, definitions):
    found = split(text, path, min_chars=1)
    for name, (first, last) in definitions.items():
        segment = next(segment for segment in found.segments if name in segment.name.split(", "))
        piece = text[segment.start : segment.end]
        assert first in piece
        assert last in piece[piece.index(first) :]


def test_line_numbers_are_no_indentation():
    view = "".join(f"{number:6}→{line}" for number, line in enumerate(ELIXIR.splitlines(True), 1))
    names = [segment.name for segment in split(ELIXIR, "a.ex", min_chars=1).segments]
    assert [segment.name for segment in split(view, "a.ex", min_chars=1).segments] == names


def test_what_the_viewer_says_below_a_numbered_file_stands_apart():
    view = (
        "".join(f"{number:6}→{line}" for number, line in enumerate(GO.splitlines(True), 1))
        + "\n<note>\nNot code.\n</note>\n"
    )
    last = split(view, "a.go", min_chars=1).segments[-1]
    assert view[last.start : last.end].strip().startswith("<note>")


def test_a_class_without_blank_lines_is_cut_at_its_methods():
    text = "class A {\n" + "".join(f"  function m{n}() {{\n    return {n};\n  }}\n" for n in range(5)) + "}\n"
    names = ", ".join(segment.name for segment in split(text, "a.php", min_chars=1).segments).split(", ")
    assert names == ["A", *(f"A.m{n}" for n in range(5))]


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
        "Job": ("// Job is", "}"),
        "HandlerFunc.Handle": ("// Handle calls f", "}"),
        "New": ("// New makes", "}\n}"),
        "Queue.Push": ("// Push adds", "}\n}"),
        "Queue.retry": ("func (q *Queue[T]) retry", "}"),
    },
    "ledger.rs": {
        "TransferError.fmt": ("impl fmt::Display", "}\n}"),
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
        "Reader.Feed.open": ("class << self", "end"),
        "Reader.Feed.from_file": ("def self.from_file", "feed\n    end"),
        "Reader.Feed.refresh": ("# Reads the feed", "end"),
        "Reader.Feed.parse": ("private", "end\n    end\n  end"),
        "Reader.Titles.shorten": ("module Titles", "end"),
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


def source(name):
    return (SOURCES / name).read_text(encoding="utf-8")


def named(text, path):
    """The names of a text's segments, one after the other."""
    return [segment.name for segment in split(text, path, min_chars=1).segments]


@pytest.mark.parametrize("name", DEFINITIONS)
def test_every_definition_stands_by_itself_and_whole(name):
    text = source(name)
    pieces = {}
    for start, end, title in split(text, name, min_chars=1).segments:
        pieces.update(dict.fromkeys(title.split(", "), text[start:end].strip()))
    for title, (first, last) in DEFINITIONS[name].items():
        assert pieces[title].startswith(first), title
        assert last in pieces[title], title


@pytest.mark.parametrize("name", DEFINITIONS)
def test_odd_characters_shift_nothing(name):
    """Line ends of Windows, a byte order mark, characters of four bytes, halves of such, and zeros."""
    text = source(name)
    names = named(text, name)
    assert named(text.replace("\n", "\r\n"), name) == names
    assert named("\ufeff" + text, name) == names
    mark = "#" if name.endswith((".rb", ".sh")) else "//"
    lines = text.split("\n")
    at = next(number for number, line in enumerate(lines) if number > 40 and not line) + 1
    indentation = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    odd = f"{indentation}{mark} \U0001f600 \ud83d \0 é\n"
    changed = "\n".join([*lines[:at], odd + lines[at], *lines[at + 1 :]])
    assert named(changed, name) == names


@pytest.mark.parametrize("name", DEFINITIONS)
def test_numbered_reads_are_cut_at_the_same_lines(name):
    text = source(name)
    view = "".join(f"{number:6}→{line}" for number, line in enumerate(text.splitlines(True), 1))
    assert named(view, name) == named(text, name)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_half_a_file_is_cut_at_the_same_places(name):
    text = source(name)
    half = text[: text.index("\n\n", len(text) // 2)]
    whole = named(text, name)
    assert named(half, name)[:-2] == whole[: len(named(half, name)) - 2]


@given(
    st.sampled_from(list(DEFINITIONS)),
    st.lists(st.tuples(st.integers(0, 10**4), st.sampled_from(FRAGMENTS)), max_size=4),
)
def test_broken_sources_are_partitioned(name, breaks):
    text = source(name)
    for place, fragment in breaks:
        at = place % len(text)
        text = text[:at] + fragment + text[at:]
    found = split(text, name, 20, 300).segments
    assert "".join(text[start:end] for start, end, _ in found) == text
    assert split(text, name, 20, 300).segments == found


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
        ["A.B", "A.B.C", "A.B.C.C", "A.B.C.M"],
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
        ["A", "C", "C.m", "f"],
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
        ["A", "A.m", "A.c", "String.ext"],
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
    "a.lua": ("local M = {}\n\nfunction M.f(a)\n  return a\nend\n\nlocal function g()\nend\n", ["local M", "M.f", "g"]),
    "a.swift": (
        """public struct A: B {
    let x: Int

    init(x: Int) {
        self.x = x
    }

    func m() -> Int {
        return x
    }
}

extension A {
    static func c() {
    }
}
""",
        ["A", "A.x", "A.init", "A.m", "A.c"],
    ),
    "a.hpp": (
        """class A {
 public:
  A();

  template <typename T>
  void f(T t) {
    g(t);
  }

 private:
  void h() {
  }

 protected:
  int x_;
};

#ifdef B
int b() {
  return 1;
}
#endif
""",
        ["A", "A.f", "A.h", "b"],
    ),
}


@pytest.mark.parametrize("path", SMALL)
def test_definitions_of_further_languages_are_named(path):
    text, names = SMALL[path]
    found = ", ".join(named(text, path)).split(", ")
    assert [name for name in dict.fromkeys(found) if name] == names
