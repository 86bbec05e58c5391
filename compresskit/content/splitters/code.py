"""Cuts source code in any language, and texts with a similar layout (HTML, CSS, YAML, TOML), without a grammar.

It finds blocks by indentation and blank lines, and names by a small pattern of the words that introduce definitions.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..segment import Mark

# The blank lines above a line, its indentation and its first character. It matches at every line end except before
# closing brackets, so that runs of blank lines are read once.
_LINE = re.compile(r"\n(?![ \t]*+[)}\]])((?:[ \t\r]*+\n)*+)([ \t]*+)([^\n]?)")
# A line that belongs to the one below it, whatever its indentation is.
_LABEL = re.compile(
    r"(?:(?:public|private|protected)(?:[ \t]+\w++)?[ \t]*+:?|#[ \t]*+if(?:n?def)?\b[^\n]*+)[ \t\r]*+\n(?!\s*[)}\]])"
)
_OF_COMMENT = re.compile(r"\*[\s/]")  # " * text" and " */" belong to the "/*" above them
_MODIFIER = (
    r"(?:export|default|public|private|protected|internal|static|final|abstract|async|override|pub(?:\([^)\n]*\))?"
    r"|unsafe|extern|inline|virtual|sealed|partial|open|data|declare|suspend|local|typedef|constexpr|explicit)"
)
_CONTAINER = (
    "class|interface|struct|enum(?: class| struct)?|union|impl|trait|module|defmodule|namespace|object|protocol"
    "|extension|mod|describe|context|defimpl|record|contract|service"
)
_OTHER = (
    "function|func|fun|fn|defp?|defmacrop?|sub|proc|macro_rules|type|const|let|var|val|test|it|feature"
    "|scenario|message|resource|setup|alias_method|CREATE TABLE|create table"
)
_DEFINITION = re.compile(
    rf"\(?(?:{_MODIFIER}[ \t]+)*+(?:(?P<container>{_CONTAINER})|{_OTHER})\b[*!]?[ \t]*"
    r"(?:<[^>\n]*>[ \t]*)?(?:\((?:[^)\n\"']*[* \t])?(?P<receiver>\w*)(?:\[[^)\n]*)?\)[ \t]*)?"
    r"\(?(?:[\w:<>, \t]+ for )?"  # "impl Display for Error"
    r"(?:\"(?P<quoted>[^\"\n]+)|'(?P<single>[^'\n]+)|(?:mut[ \t]+)?(?P<name>(?!do\b)[\w$][\w$.:!?*-]*)"
    # What may follow a name in code, and seldom does in the sentence of a comment ("object can move").
    r"(?=[ \t]*(?:\r?$|[{(=:;<,\[|]|(?:do|extends|implements|for|where|struct|interface|final|func|map)\b)))"
)
# "int main(", "void Foo::bar(", "foo() {", "render(props) {"
_NO_NAME = (
    r"(?!(?:if|for|while|switch|return|else|catch|elif|when|unless|with|try|do|case|typedef"
    r"|import|export|from|use|alias|require|include)\b)"
)
_CALLABLE = re.compile(
    _NO_NAME + r"(?:[\w:<>,~\[\]?]++[ \t*&]++)*?(?P<name>(?:[\w$~:.]*\boperator\b[^\s(]+|[\w$~:.]+))[ \t]*"
    r"\([^;\n]*(?:\{|\)(?: (?:const|noexcept|override|final)\b)*+|,|\()[ \t]*\r?$",
    re.MULTILINE,
)
# "Cart.prototype.show = function () {", "Entry = Struct.new(:a) do"
_ASSIGNED = re.compile(r"(?P<name>[\w$]+(?:\.[\w$]+)*)[ \t]*=(?!=)[^\n]*(?:\{|=>|\bdo(?: *\|[^|\n]*\|)?)[ \t]*\r?$")
_UNNAMED = re.compile(r"(?P<container>class << \w+|companion object\b|(?:inline )?namespace\b|extern \"C\")[^\n;(]*$")
_SECTION = re.compile(r"\[+(?P<name>[\w.\" -]+)\]+|(?P<key>[\w.-]+):(?:[ \t][^\n]{0,40})?\r?$", re.MULTILINE)
_SELECTOR = re.compile(_NO_NAME + r"(?P<name>[.#:@\w][^{}\n;`]*?)[ \t]*\{(?:[^{}\n]*\}?)[ \t]*\r?$")
_CODE = (_DEFINITION, _CALLABLE, _UNNAMED, _ASSIGNED, _SELECTOR)
_LAYOUT = (*_CODE[:-1], _SECTION, _SELECTOR)
_STATEMENT = re.compile(r"[;{})][ \t\r]*\n")
_LINES_OF_STATEMENT = 6  # lines of code for each one that ends like a statement or a block with brackets, maximum
_LEAD = ("//", "/*", "*", "#", "--", "@", ";", "<!--", "[", "template", '"""')
_FOLLOWS = re.compile(
    r"(?:else|elif|elsif|catch|rescue|finally|except|end|fi|done|esac|then|do|when|\{|</|#endif|#else)(?!\w)"
)
_HEAD = 300  # characters of a line that are searched for a name, maximum
_NAMED_LINES = 24  # lines of a block that are searched for names, maximum
_DEPTH = 6  # levels of blocks within blocks, maximum
_CLOSERS = (")", "]", "}")
_NO_LINE = frozenset(("", "\r", "\f", "\v", "\xa0", *_CLOSERS))  # first characters of lines that begin nothing


class _Line(NamedTuple):
    start: int  # the offset of the line, or of the first label above it
    at: int  # the offset of its first character behind the indentation
    column: int
    apart: bool  # whether there are blank lines or labels above


def marks(text: str, max_chars: int = 1600) -> list[Mark]:
    """Marks at the blocks of a text, and at those within classes, modules and very long blocks.

    >>> text = "class A {\\n  f() {\\n    go();\\n  }\\n\\n  g() {\\n    go();\\n  }\\n}\\n\\nfunction h() {\\n}\\n"
    >>> [mark.name for mark in marks(text)]
    ['A, A.f', 'A.g', 'h']
    """
    lines = list(_lines(text))
    blocks = _Blocks(text, lines, 2 * max_chars)
    if lines:
        blocks.divide(0, len(lines), min(line.column for line in lines), "", 0)
    return blocks.marks


def _lines(text: str) -> Iterator[_Line]:
    """The lines of a text that have anything to say about its blocks."""
    label = -1
    for match in _LINE.finditer("\n" + text):
        blank, indentation, sign = match.groups()
        if sign in _NO_LINE:
            continue
        start = match.start() + len(blank)  # one character was put before the text
        column = len(indentation)
        at = start + column
        if sign in "p#" and _LABEL.match(text, at):
            label = start if label < 0 else label
            continue
        if sign == "*" and column and _OF_COMMENT.match(text, at):
            column -= 1
        yield _Line(start if label < 0 else label, at, column, label >= 0 or blank != "")
        label = -1


class _Blocks:
    """Divides runs of lines into blocks, the outermost ones first."""

    def __init__(self, text: str, lines: list[_Line], long: int) -> None:
        self.text = text
        self.lines = lines
        self.long = long
        # in code "key:" at the end of a line is a label or a branch of a switch
        self.patterns = _CODE if len(_STATEMENT.findall(text)) * _LINES_OF_STATEMENT > len(lines) else _LAYOUT
        self.marks: list[Mark] = []
        self.group = 0

    def divide(self, first: int, last: int, column: int, prefix: str, depth: int) -> None:
        """Marks for the blocks in lines[first:last] that begin at `column`. Their names begin with `prefix`."""
        cuts = [at for at in range(first, last) if at == first or self.starts_block(at, column)]
        for at, following in zip(cuts, [*cuts[1:], last], strict=True):
            self.group += depth == 0
            self.block(at, following, column, prefix, depth)

    def block(self, first: int, last: int, column: int, prefix: str, depth: int) -> None:
        """A mark for lines[first:last], or marks for the inner blocks if it contains definitions or is very long."""
        names, at, container = self.names(first, last, column)
        begun = len(self.marks)
        named = ", ".join(prefix + name for name in names) or prefix.rstrip(".")
        self.marks.append(Mark(self.lines[first].start, named, self.group))
        end = self.lines[last].start if last < len(self.lines) else len(self.text)
        if depth == _DEPTH or not (container or end - self.lines[first].start > self.long):
            return
        inner = next((each for each in range(at + 1, last) if self.lines[each].column > column), last)
        if inner < last:
            deeper = min(line.column for line in self.lines[inner:last] if line.column > column)
            self.divide(inner, last, deeper, f"{prefix}{names[-1]}." if names else prefix, depth + 1)
            # The first inner block stays with the header above it.
            inside = self.marks.pop(begun + 1).name
            if not named or inside.startswith(named + "."):
                named = ", ".join(filter(None, (named, inside)))
            self.marks[begun] = Mark(self.lines[first].start, named, self.group)

    def starts_block(self, at: int, column: int) -> bool:
        line = self.lines[at]
        if line.column != column or _FOLLOWS.match(self.text, line.at):
            return False
        if line.apart:
            return True
        # Without a blank line above it, a definition starts where the block before ends: by a bracket or indentation.
        above = self.text[self.text.rfind("\n", 0, line.start - 1) + 1 : line.start].strip()[-12:]
        if above.endswith(("}", "};", "});", "end")):
            return self.text.startswith(_LEAD, line.at) or bool(self.named(line.at))
        return self.lines[at - 1].column > column and not above.startswith(_CLOSERS) and bool(self.named(line.at))

    def names(self, first: int, last: int, column: int) -> tuple[list[str], int, bool]:
        """The names that a block defines, the last line with such a name, and whether that line opens a container."""
        names: list[str] = []
        owner, container = first, False
        for at in range(first, min(last, first + _NAMED_LINES)):
            line = self.lines[at]
            if names and line.column > column:
                break
            if line.column == column and (match := self.named(line.at)):
                found = match.groupdict()
                names.append(_name(found))
                owner, container = at, bool(found.get("container"))
        return [name for name in names if name], owner, container

    def named(self, start: int) -> re.Match[str] | None:
        end = self.text.find("\n", start, start + _HEAD)
        end = min(start + _HEAD, len(self.text)) if end < 0 else end
        if self.text.startswith(_LEAD, start) and not self.text.startswith(("[", "#", "@", "*"), start):
            return None
        for pattern in self.patterns:
            if match := pattern.match(self.text, start, end):
                return match
        return None


def _name(found: Mapping[str, str | None]) -> str:
    """The name among the groups of a match, with dots as separators; "" if there is none."""
    name = next((word for key in ("name", "quoted", "single", "key") if (word := found.get(key))), "")
    name = (
        name.strip(" :({").removesuffix(" =").removeprefix("module.").removeprefix("self.").replace(".prototype.", ".")
    )
    name = name.replace("::", ".")
    return f"{found['receiver']}.{name}" if found.get("receiver") else name
