"""Cuts manual and help pages: an option and its description are one piece, and other text is cut into paragraphs.

Lines that are indented more than the line of an option describe it, even behind blank lines. Pieces are named by their
option, or by the section that they are in.
"""

import re
from collections.abc import Iterator

from ..segment import Mark

_HEADER = re.compile(r"\s*+[\w.:+@-]{1,40}\(\d\w{0,4}\)[ \t]")
_SECTION = re.compile(
    r"\n(?:NAME|SYNOPSIS|DESCRIPTION|OPTIONS|USAGE|COMMANDS|FLAGS|ARGUMENTS|EXAMPLES?)[ \t\r]*\n[ \t]"
)
_USAGE = re.compile(r"\n[ \t]*(?:[Uu]sage|USAGE):")
_OPTION = re.compile(r"\n[ \t]{1,24}(?:--?[\w?@#][\w-]*|/\w+)(?=[ \t,=\[\r\n])")
# A command and its description in two columns: "  list-units [PATTERN...]    List units in memory".
_TWO_COLUMNS = r"\w[\w:.-]*+(?: [^\s]{1,40}){0,4}(?: {3,}|\t)\s*+[A-Z]\w*[ ,][^\n]*"
_COMMAND = re.compile(rf"\n[ \t]{{1,6}}{_TWO_COLUMNS}")
# The blank lines above a line, its indentation, and what it is.
_LINE = re.compile(
    r"\n((?:[ \t\r]*+\n)*+)([ \t]*+)"
    rf"(?:(?P<option>--?[\w?@#][^\n]*|\+\w[^\n]*)|(?P<command>{_TWO_COLUMNS})|(?P<words>[^\s][^\n]*))"
)
_MAX_COMMAND_COLUMN = 6  # of the first column of commands: the text of manual pages begins behind it
_COLUMNS = re.compile(r"\S(?: {2,}|\t+)\S")  # an option and its description on one line
_NAME_LIMIT = 60
_MIN_COMMANDS = 6  # commands by which a help page without options is known
_TAB = 8


def looks_manual(sample: str) -> bool:
    """Whether a text, with a line end before it, is a manual page, or a program's help."""
    options = len(_OPTION.findall(sample))
    sections = len(_SECTION.findall(sample))
    if _HEADER.match(sample):
        return sections > 0
    lines = sample.count("\n")
    if options >= 2 and (sections > 1 or bool(_USAGE.search(sample)) or options * 5 >= lines):
        return True
    commands = len(_COMMAND.findall(sample))
    return commands >= _MIN_COMMANDS and 2 * (commands + options) >= lines


def marks(text: str) -> Iterator[Mark]:
    """Marks at sections, options and paragraphs.

    >>> page = "OPTIONS\\n   -a, --all\\n       Shows all.\\n\\n       Slow.\\n   -q     Quiet.\\n"
    >>> [mark.name for mark in marks(page)]
    ['OPTIONS', '-q']
    """
    group, section = 0, ""
    option = -1  # the column of the option that is being described
    described = headed = False
    for line in _LINE.finditer("\n" + text):
        start, apart = line.end(1) - 1, bool(line[1])
        column = len(line[2].expandtabs(_TAB))
        entry = line["option"] or (line["command"] if 0 < column <= _MAX_COMMAND_COLUMN else None)
        if not column and not line["option"]:
            section, option, headed, group = (line["words"] or line["command"]).strip(), -1, True, group + 1
            yield Mark(start, section[:_NAME_LIMIT], group)
        elif entry and (option < 0 or column <= option):
            if (option < 0 or described or apart) and not headed:
                group += 1
                yield Mark(start, _name(entry), group)
            option, headed, described = column, False, bool(_COLUMNS.search(entry))
        elif option >= 0 and column > option:
            described = True
        else:
            if (apart or option >= 0) and not headed:
                group += option >= 0
                yield Mark(start, section[:_NAME_LIMIT], group)
            option, headed = -1, False


def _name(option: str) -> str:
    columns = _COLUMNS.search(option)
    return (option[: columns.start() + 1] if columns else option).strip()[:_NAME_LIMIT]
