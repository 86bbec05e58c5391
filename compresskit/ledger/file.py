"""The file of a ledger: appends entries, which other processes may be doing as well, reads them, and verifies them."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import IO, Any

from ..errors import InvalidLedger
from ..prices import Prices, Split
from ..result import Compressed
from .chain import START, links, sealed
from .entry import VERSION, Entry, Past, check, entry_for, entry_from, known_prices, may_be_torn
from .provider_usage import Usage, read_usage

_MODE = 0o600  # of the file: only its owner may read it


@dataclass
class _Known:
    """The part of the file that has been read, up to the byte ``end``."""

    identity: tuple[int, int] = (-1, -1)  # device and inode
    entries: int = 0
    head: str = START
    end: int = 0
    conversations: dict[str, Past] = field(default_factory=dict)

    def past(self, conversation: str | None) -> Past:
        return Past() if conversation is None else self.conversations.setdefault(conversation, Past())

    def add(self, entry: Entry, head: str, end: int) -> None:
        self.entries, self.head, self.end = self.entries + 1, head, end
        self.past(entry.conversation).add(entry)


class Ledger:
    """A ledger in a file. The first entry creates the file, with mode 0600."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._lock = threading.Lock()
        self._known = _Known()

    def record(
        self,
        result: Compressed,
        *,
        usage: Any = None,
        prices: Prices | None = None,
        conversation: str | None = None,
        retrieved_tokens: int = 0,
    ) -> Entry:
        """Appends the entry of one request. Call it once for every request that you send.

        Args:
            result: What compress() returned for the request.
            usage: The usage in the provider's response. Without it, the counts of the result are used, and nothing
                counts as cached.
            prices: The prices of the model. By default those of litellm's price list.
            conversation: A name of at most 200 characters. A request is compared with the earlier requests of the same
                conversation. Without a name, the saved tokens count as cached text.
            retrieved_tokens: Tokens of the retrieval answers in the request, if it was only sent because the model had
                asked for them. The whole price of the request is then deducted.

        Raises:
            InvalidArgument: An argument is wrong, or the prices of the model are not known.
            InvalidLedger: The file is not a ledger, or it was changed. Nothing is written then.
            OSError: The file cannot be written.
        """
        prices = known_prices(result, prices)
        check(conversation, retrieved_tokens)
        sent = result.compressed_tokens + retrieved_tokens
        used = Usage(Split(0, 0, sent)) if usage is None else read_usage(usage)
        with self._lock, _opened(self.path) as file:
            torn = self._catch_up(file)
            known = self._known
            past = known.past(conversation)
            entry = entry_for(result, used, prices, conversation, retrieved_tokens, usage is None, past, torn)
            line, own = sealed({"v": VERSION, "n": known.entries, **asdict(entry)}, known.head)
            _append(file, line, known.end)
            known.add(entry, own, known.end + len(line))
        return entry

    def _catch_up(self, file: int) -> int:
        """Reads what other processes have written since, and removes a torn last line; returns its bytes."""
        status = os.fstat(file)
        known, self._known = self._known, _Known()  # nothing is known if this fails
        identity = (status.st_dev, status.st_ino)
        if known.identity != identity or status.st_size < known.end:
            known = _Known(identity)
        with open(file, "rb", closefd=False) as stream:
            stream.seek(known.end)
            try:
                for link in links(stream, known.head):
                    known.add(entry_from(link.record, known.entries), link.hash, link.end)
            except InvalidLedger as error:
                raise InvalidLedger(
                    f"{self.path}, line {known.entries + 1}: {error} Keep the file, and go on with another."
                ) from error
        torn = os.pread(file, status.st_size - known.end, known.end)
        if not may_be_torn(torn, known.entries):
            raise InvalidLedger(f"{self.path} does not end like a ledger: it is another file. Use a new one.")
        if torn:
            os.ftruncate(file, known.end)
        self._known = known
        return len(torn)


@contextmanager
def _opened(path: str) -> Iterator[int]:
    """The file for writing, locked against other processes; made if it is missing."""
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)  # gives the lock back


def _append(file: int, line: bytes, end: int) -> None:
    """Writes a whole line, or none: what a full disk cut short is taken back."""
    try:
        left = line
        while left:
            left = left[os.write(file, left) :]
    except OSError:
        os.ftruncate(file, end)
        raise


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a ledger is as it was written.

    Attributes:
        entries: The number of entries that are intact.
        head: The hash of the last intact line.
        line: The line with the problem, counted from 1, or None.
        problem: What is wrong, or None.
    """

    entries: int
    head: str
    line: int | None = None
    problem: str | None = None


def entries(path: str | os.PathLike[str]) -> Iterator[Entry]:
    """Returns the entries of a ledger, in order. An unfinished last line is skipped.

    Raises:
        InvalidLedger: A line was changed. It is raised at the first such line.
        OSError: The file cannot be read.
    """
    with _reading(path) as file:
        for number, link in enumerate(links(file)):
            yield entry_from(link.record, number)


def verify(path: str | os.PathLike[str], head: str | None = None) -> Verdict:
    """Checks that every line is as it was written and in its place, and that the last line is complete.

    A person who can write to the file can also cut lines off its end, or make the whole file anew. To detect that, keep
    the ``head`` of an earlier verdict elsewhere and pass it: it must be among the hashes.
    """
    count, last, seen = 0, START, head in (None, START)
    with _reading(path) as file:
        end = 0
        try:
            for link in links(file):
                entry_from(link.record, count)
                count, last, end = count + 1, link.hash, link.end
                seen = seen or last == head
        except InvalidLedger as error:
            return Verdict(count, last, count + 1, str(error))
        torn = os.pread(file.fileno(), os.fstat(file.fileno()).st_size - end, end)
    if not may_be_torn(torn, count):
        return Verdict(count, last, count + 1, "it is no line of a ledger: this is another file.")
    if torn:
        why = f"it has no end ({len(torn)} bytes): its writer was stopped, or it was cut. The next entry replaces it."
        return Verdict(count, last, count + 1, why)
    if not seen:
        return Verdict(count, last, None, f"no line has the hash {head}: lines were cut off, or all was made anew.")
    return Verdict(count, last)


@contextmanager
def _reading(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    with open(path, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield file
