"""Other languages are cut at blocks, and definitions are named."""

import pytest

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
