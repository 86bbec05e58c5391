"""Reads the JSON values of a file, one after the other: JSON or JSONL, gzipped or not, or a folder of JSON files.

A file with a value a line is never held as a whole. The last line may be broken, because its program is still writing
it: then ``broken`` says so, and the values before it count.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple, cast

from ..errors import InvalidSession

_GZIP = b"\x1f\x8b"
_MARK = b"\xef\xbb\xbf"  # the byte order mark of UTF-8
_EVENTS = "events"  # the folder of a conversation in which OpenHands keeps its events, each in a file


class Value(NamedTuple):
    """A JSON value and its place: "line 3: ", the name of its file, or "" if it is all there is."""

    where: str
    value: Any


class Values:
    """The values of a file, to be read once.

    Attributes:
        broken: What is wrong with the last line, which was left out; "" if nothing is, or nothing is known yet.
        lines: Whether there is a value a line.
    """

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self.broken = ""
        self.lines = False
        self._stream = stream
        self._name = name

    def __iter__(self) -> Iterator[Value]:
        try:
            yield from self._values()
        except UnicodeDecodeError as error:
            raise InvalidSession(f"{self._name} is not UTF-8 text ({error}); JSON has to be UTF-8") from error
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidSession(f"cannot read {self._name}: {getattr(error, 'strerror', None) or error}") from error

    def _values(self) -> Iterator[Value]:
        rest = self._filled_lines()
        first = next(rest, None)
        if first is None:
            raise InvalidSession(f"{self._name} is empty; expected JSON or JSONL")
        number, text = first
        second = next(rest, None)
        value, failed = _parsed(text)
        if second is None or failed:  # one value, which may be over many lines
            tail = [] if second is None else [second[1], *(line for _, line in rest)]
            yield Value("", _whole("\n" * (number - 1) + "\n".join([text, *tail]), self._name))
            return
        self.lines = True
        yield Value(f"line {number}: ", value)
        while second is not None:
            number, text = second
            second = next(rest, None)
            value, failed = _parsed(text)
            if failed and second is None:
                self.broken = f"line {number} is not JSON: {failed}"
            elif failed:
                raise InvalidSession(
                    f"line {number} of {self._name} is not JSON: {failed}; there are more lines behind it, so it was"
                    " damaged: take it out of a copy of the file"
                )
            else:
                yield Value(f"line {number}: ", value)

    def _filled_lines(self) -> Iterator[tuple[int, str]]:
        """The lines that are not blank, from 1. Only a line feed ends a line: JSON strings may hold U+2028."""
        for number, line in enumerate(_lines(self._stream), start=1):
            if line.strip():
                yield number, line


class Folder(Values):
    """The values of a folder: one in each of its JSON files, in the order of their numbers."""

    def __init__(self, folder: Path) -> None:
        self.broken = ""
        self.lines = True
        self._folder = folder / _EVENTS if (folder / _EVENTS).is_dir() else folder

    def __iter__(self) -> Iterator[Value]:
        paths = sorted((path for path in self._folder.iterdir() if path.suffix == ".json"), key=_numbers)
        if not paths:
            raise InvalidSession(f"{self._folder} is no folder of one conversation in JSON files; give a file in it")
        for path in paths:
            with path.open("rb") as stream:
                for value in Values(stream, path.name):
                    yield Value(f"{path.name}: ", value.value)


def opened(stream: BinaryIO) -> IO[bytes]:
    """A stream of plain bytes, whether or not it is gzipped."""
    peeked = cast(Any, stream).peek(2)[:2]
    return cast(IO[bytes], gzip.GzipFile(fileobj=stream)) if peeked == _GZIP else stream


def _lines(stream: IO[bytes]) -> Iterator[str]:
    for number, line in enumerate(stream):
        yield (line.removeprefix(_MARK) if number == 0 else line).decode("utf-8").removesuffix("\n")


def _parsed(text: str) -> tuple[Any, str]:
    """The value of a line, and what is wrong with it."""
    try:
        return json.loads(text), ""
    except (ValueError, RecursionError) as error:
        return None, str(error)


def _whole(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":  # a value over many lines, and another behind it
            raise InvalidSession(
                f"{name} is neither JSON nor JSONL: {error}; give one value, or one value a line"
            ) from error
        raise InvalidSession(f"{name} is not JSON: {error}") from error
    except (ValueError, RecursionError) as error:
        raise InvalidSession(f"{name} cannot be read as JSON: {error}") from error


def _numbers(path: Path) -> tuple[list[int], str]:
    return [int(number) for number in re.findall(r"\d+", path.stem)[:1]], path.name
