"""Passages in the layouts that applications use, for questions over documents.

A layout is a function of a passage's number, its title and its text. All eight say the same: figures that differ
between them show what depends on the layout. JSON records escape the text, so a text is looked for in every spelling.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress

from evals.harness.messages import Message

Layout = Callable[[int, str, str], str]


def _record(_number: int, title: str, text: str) -> str:
    return json.dumps({"title": title, "text": text}, ensure_ascii=False)


def _document(number: int, title: str, text: str) -> str:
    """As Anthropic recommends for long context (docs.anthropic.com, "Long context prompting tips")."""
    return (
        f'<document index="{number}">\n<source>{title}</source>\n'
        f"<document_content>\n{text}\n</document_content>\n</document>"
    )


LAYOUTS: dict[str, Layout] = {
    "title": lambda _, title, text: f"{title}\n{text}",
    "passage": lambda _, title, text: f"Passage: {title}\n{text}",
    "inline": lambda _, title, text: f"{title}: {text}",
    "bare": lambda _, _title, text: text,
    "numbered": lambda number, title, text: f"[{number}] (Title: {title}) {text}",
    "xml": _document,
    "json": _record,
    "markdown": lambda _, title, text: f"## {title}\n\n{text}",
}
_BETWEEN = {"xml": "\n", "json": "\n"}  # between passages of one message; a blank line between others


def conversation(passages: Sequence[tuple[str, str]], question: str, layout: str, *, together: bool) -> list[Message]:
    """The passages as user messages, one each or all in one, and the question as the last message.

    Args:
        passages: titles and texts, in the order in which they are shown.

    >>> [message["content"] for message in conversation([("Rush", "A band.")], "Who?", "numbered", together=True)]
    ['[1] (Title: Rush) A band.', 'Who?']
    """
    shown = [LAYOUTS[layout](number, title, text) for number, (title, text) in enumerate(passages, 1)]
    if together:
        shown = [_BETWEEN.get(layout, "\n\n").join(shown)]
        if layout == "xml":
            shown = [f"<documents>\n{shown[0]}\n</documents>"]
    return [{"role": "user", "content": text} for text in [*shown, question]]


def spellings(text: str) -> list[str]:
    r"""A text as it may be written: as it is, within a JSON string, and within quotes of CSV.

    A text that is given as JSON writes it is also looked for as it is, since short forms say it so.

    >>> spellings('a "b"')
    ['a "b"', 'a \\"b\\"', 'a ""b""']
    >>> spellings(r'a \"b\"')[0] == r'a \"b\"', 'a "b"' in spellings(r'a \"b\"'), spellings("a b")
    (True, True, ['a b'])
    """
    meant = [text]
    if "\\" in text:
        with suppress(ValueError):  # no text of a JSON string
            meant.append(json.loads(f'"{text}"', strict=False))
    ways = [(one, json.dumps(one, ensure_ascii=False)[1:-1], one.replace('"', '""')) for one in meant]
    return list(dict.fromkeys(way for found in ways for way in found))
