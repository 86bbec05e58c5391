"""Puts one entry into a client's settings file, and takes exactly it out again.

The file is JSON that other people format as they like. So the entry is spliced into its text, and everything else stays
byte for byte. ``without`` is the inverse of ``with_entry``: it tries what the text may have been before, and takes what
gives the same text again.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click

from ..stores.private import make_folder, replacing
from .output import Failure, OutputError

Entry = dict[str, Any]  # {"matcher": …, "hooks": [{"type": "command", "command": …}]}
_SPACE = re.compile(r"[ \t\r\n]*")
_INDENTATION = re.compile(r"\{\r?\n([ \t]+)\"")


class SettingsError(Failure):
    """A settings file that cannot be changed."""

    exit_code = 2


class _Item(NamedTuple):
    """A member of an object, or an element of an array, and where it is in the text."""

    name: str  # "" for an element
    start: int  # of its name, if it has one
    value: int
    end: int


def with_entry(text: str, event: str, entry: Entry) -> str:
    """The text of a settings file with an entry for an event, behind the entries that are there.

    >>> print(with_entry('{\\n  "model": "x"\\n}\\n', "PostToolUse", {"matcher": "Bash"}), end="")
    {
      "model": "x",
      "hooks": {
        "PostToolUse": [
          {
            "matcher": "Bash"
          }
        ]
      }
    }
    """
    if not text.strip():
        return json.dumps({"hooks": {event: [entry]}}, indent=2) + "\n"
    top = _SPACE.match(text).end()  # type: ignore[union-attr]  # it matches anything
    hooks = _named(text, top, "hooks")
    if hooks is None:
        return _put(text, top, 1, {event: [entry]}, "hooks")
    events = _named(text, hooks.value, event)
    if events is None:
        return _put(text, hooks.value, 2, [entry], event)
    return _put(text, events.value, 3, entry)


def without(text: str, event: str, mine: Callable[[Any], bool]) -> str | None:
    """The text as it was before the entry that is ``mine``; None if the file was not there. Unchanged without one."""
    data = json.loads(text) if text.strip() else {}
    if not any(mine(entry) for entry in _entries(data, event)):
        return text
    (entry, *_) = filter(mine, _entries(data, event))
    if text == with_entry("", event, entry):
        return None
    top = _SPACE.match(text).end()  # type: ignore[union-attr]
    hooks = _named(text, top, "hooks")
    events = hooks and _named(text, hooks.value, event)
    if hooks is None or events is None:
        return text
    (element,) = [
        item for item, value in zip(_items(text, events.value), _entries(data, event), strict=True) if mine(value)
    ][:1]
    for start, item in ((top, hooks), (hooks.value, events), (events.value, element)):
        for before in _cuts(text, start, item):
            with contextlib.suppress(ValueError):
                if with_entry(before, event, entry) == text:
                    return before
    return next(_cuts(text, events.value, element))  # it was moved or formatted anew


def installed(text: str, event: str, mine: Callable[[Any], bool]) -> Entry | None:
    """The entry that is ``mine``."""
    data = json.loads(text) if text.strip() else {}
    return next(filter(mine, _entries(data, event)), None)


def read(path: Path) -> str:
    """The text of a settings file, "" if there is none.

    Raises:
        SettingsError: It cannot be read, or is not a JSON object.
    """
    try:
        text = path.read_bytes().decode("utf-8")
        data = json.loads(text) if text.strip() else {}
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{path} is not JSON ({type(error).__name__}), so it is left as it is") from error
    hooks = data.get("hooks", {}) if isinstance(data, dict) else None
    if not isinstance(hooks, dict) or not all(isinstance(each, list) for each in hooks.values()):
        raise SettingsError(f'{path} has no object of lists under "hooks", so it is left as it is')
    return text


def write(path: Path, text: str | None) -> None:
    """Writes a settings file in one step, with the mode that it had. None removes it.

    Raises:
        OutputError: It cannot be written.
    """
    real = Path(os.path.realpath(path))
    try:
        if text is None:
            real.unlink(missing_ok=True)
            return
        make_folder(real.parent)
        mode = real.stat().st_mode & 0o7777 if real.exists() else 0o600
        with replacing(real, mode=mode) as stream:
            stream.write(text.encode("utf-8"))
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}") from error


def show_change(path: Path, before: str, after: str | None) -> None:
    """Shows a change as a diff."""
    import difflib

    name = str(path)
    lines = difflib.unified_diff(before.splitlines(), (after or "").splitlines(), name, name, lineterm="")
    for line in lines:
        colour = {"+": "green", "-": "red"}.get(line[:1])
        click.secho(line, fg=colour if not line.startswith(("+++", "---")) else None)


def _entries(data: Any, event: str) -> list[Any]:
    hooks = data.get("hooks") if isinstance(data, dict) else None
    entries = hooks.get(event) if isinstance(hooks, dict) else None
    return entries if isinstance(entries, list) else []


def _items(text: str, start: int) -> Iterator[_Item]:
    """The members of the object, or the elements of the array, that begins at ``start``."""
    decoder, closing = json.JSONDecoder(), {"{": "}", "[": "]"}[text[start]]
    at = _skip(text, start + 1)
    while text[at] != closing:
        begin, name = at, ""
        if closing == "}":
            name, at = decoder.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)  # the colon
        _, end = decoder.raw_decode(text, at)
        yield _Item(name, begin, at, end)
        at = _skip(text, end)
        at = _skip(text, at + 1) if text[at] == "," else at


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _named(text: str, start: int, name: str) -> _Item | None:
    """The member of a name; the last one, as for JSON readers."""
    found = [item for item in _items(text, start) if item.name == name]
    return found[-1] if found else None


def _put(text: str, start: int, depth: int, value: Any, name: str = "") -> str:
    """The text with one more item at the end of the object or array that begins at ``start``."""
    indentation = _INDENTATION.match(text, _skip(text, 0))
    unit = indentation[1] if indentation else "" if "\n" not in text.strip() else "  "
    line_end = "\r\n" if "\r\n" in text else "\n"
    said = json.dumps(value, indent=unit or None, ensure_ascii=False)
    said = f"{json.dumps(name)}: {said}" if name else said
    if unit:
        said = said.replace("\n", line_end + unit * depth)
    before = f"{line_end}{unit * depth}" if unit else " "
    items = list(_items(text, start))
    if items:
        return f"{text[: items[-1].end]},{before}{said}{text[items[-1].end :]}"
    return f"{text[: start + 1]}{before}{said}{text[start + 1 :]}"  # unlike one that was made with the item in it


def _cuts(text: str, start: int, item: _Item) -> Iterator[str]:
    """The text without an item: with the comma before it, or behind it, or alone."""
    items = list(_items(text, start))
    place = next(number for number, each in enumerate(items) if each.start == item.start)
    if place:
        yield text[: items[place - 1].end] + text[item.end :]
    elif len(items) > 1:
        yield text[: item.start] + text[items[1].start :]
    else:
        yield text[: start + 1] + text[item.end :]
