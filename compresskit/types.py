"""The words that the stages share: what a message is made of, and the protocols of what can be replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, runtime_checkable

Message = dict[str, Any]
Tool = dict[str, Any]
Path = tuple[str | int, ...]  # the place of a text in its message: ("content", 0, "text")
Place = tuple[int, Path]  # a message by its index, and a text in it
Span = tuple[int, int]  # a range of characters of a text, the last one not included
Cache = Mapping[str, str]
Protect = Callable[[Message], bool] | Sequence[int | str]  # messages: by a function, indices, roles, names of tools


@runtime_checkable
class Counter(Protocol):
    """Counts the tokens of a text."""

    def count(self, text: str) -> int: ...


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into vectors. The cosine of two vectors says how near the texts are in meaning.

    ``embed`` returns one vector for each text, in their order: a list of lists of floats, or an array (texts,
    dimensions). The same text should have the same vector each time, because results are only as repeatable as the
    vectors.
    """

    def embed(self, texts: list[str]) -> Any: ...


@runtime_checkable
class Reranker(Protocol):
    """Judges how well texts answer a query, each of them together with the query, as a cross-encoder does.

    ``rerank`` returns one finite number for each text, in their order. A higher number is a better answer. Only the
    order of the numbers counts, so any scale will do. Numbers of different calls are never compared. The same query and
    texts should have the same numbers each time, because results are only as repeatable as the reranker.
    """

    def rerank(self, query: str, texts: Sequence[str]) -> Sequence[float]: ...


@runtime_checkable
class Store(Protocol):
    """Keeps texts under names for longer than one call. It is safe to use from several threads.

    ``put`` also renews the time of texts that are already there. ``get`` returns None for a text that was never there,
    has expired, or had to make room. Both raise a StoreError if the store cannot be reached. There is no listing, so
    only a program that knows a name can read its text.
    """

    def get(self, key: str) -> str | None: ...

    def put(self, items: Mapping[str, str]) -> None: ...


@runtime_checkable
class Shrinker(Protocol):
    """Says texts in fewer tokens.

    A shrinker may also have an ``identity`` (str). It names everything that the results depend on besides the
    arguments, such as the model. Only the results of a shrinker with an identity can be stored.
    """

    def shrink(self, texts: list[str], budgets: list[int], query: str) -> list[str]:
        """Returns one shorter text of at most ``budgets`` tokens for each text, or "" if there is none.

        ``query`` says what the texts are needed for. It is "" if that is not known.
        """
        ...


@dataclass(frozen=True, slots=True)
class About:
    """The properties of a text that is given to ``before`` or ``after``.

    Attributes:
        role: "system", "user", "assistant" or "tool" (a result, wherever it is).
        tool: The name of the tool whose result the text is, or the first word of the command; "" for other texts.
        call: The whole call, with its arguments; "" for a text that nobody asked for.
        path: The path of the file that the text was read from; "" if it is not known.
        kind: What the text is: "python", "code", "json", "jsonl", "table", "log", "diff", "search", "manual",
            "markdown", "prose" or "lines".
        message: The index of its message in the conversation.
        model: The name of the model that the request is for.
    """

    role: str
    tool: str = ""
    call: str = ""
    path: str = ""
    kind: str = "lines"
    message: int = 0
    model: str = ""


@runtime_checkable
class Before(Protocol):
    """Gives the text that is sent in place of a text. ``before`` returns the text itself to leave it as it is.

    The same text should give the same text each time, and a text that it returned should stay as it is, because
    results are only as repeatable as the hook.
    """

    def before(self, text: str, about: About) -> str: ...


@runtime_checkable
class After(Protocol):
    """Says a whole text in a shorter form. ``after`` returns the text itself, or "", if it has no form for it."""

    def after(self, text: str, about: About) -> str: ...


class Slot(NamedTuple):
    """A place of a message with a text that may be in another form."""

    path: Path
    text: str


@dataclass(slots=True)
class Block:
    """One text-bearing part of a message.

    ``call`` is what asked for it (name and arguments of the tool call, or the command in the assistant's text), "" for
    what nobody asked for. ``must`` are the ranges that every form of the text keeps: an instruction beside its data.
    ``data`` is True for a text of a human that is data, in part or as a whole.
    """

    message: int
    path: Path
    text: str
    call: str = ""
    must: tuple[Span, ...] = ()
    data: bool = False

    @property
    def place(self) -> Place:
        """Where the text is in the conversation."""
        return self.message, self.path

    @property
    def instruction(self) -> str:
        """The part of a text that asks for something: all of it, unless it was cut into instruction and data."""
        return "\n".join(self.text[start:end] for start, end in self.must) if self.data else self.text


@dataclass(slots=True)
class Turn:
    """One message as the stages see it, whatever its shape.

    ``fixed`` is its text that never changes (names, arguments, unknown parts). ``unread`` never changes
    either and is only counted: fields beside a text or a call that say nothing about what it is about.
    ``extra`` are tokens that are known without a text (images, overhead). ``calls`` and ``answers`` are
    the ids of the tool calls it makes and answers.
    """

    index: int
    role: str  # "system", "user", "assistant", "tool", or whatever else the message says
    blocks: list[Block] = field(default_factory=list)
    fixed: Sequence[str] = ()
    unread: Sequence[str] = ()
    extra: int = 0
    calls: Sequence[str] = ()
    answers: Sequence[str] = ()
    opaque: bool = False  # holds parts that never change: a human's images, unknown parts
    media: int = 0  # images and files in its results, which only fold with the whole message
    cached: bool = False  # carries a cache_control breakpoint
    human: bool = False  # a user message that says something, not only tool results
    thinking: bool = False  # holds thinking of the model, which its provider has signed
    joined: bool = False  # an item that a model gave in one go with the one before it: only valid together

    def copy(self) -> Turn:
        """A copy that shares nothing that can change with this turn."""
        return replace(
            self, blocks=[replace(block) for block in self.blocks], fixed=tuple(self.fixed), unread=tuple(self.unread),
            calls=tuple(self.calls), answers=tuple(self.answers),
        )  # fmt: skip

    def fix(self, text: str) -> None:
        """Adds a text that never changes."""
        self.fixed = _with(self.fixed, text)

    @property
    def constant(self) -> tuple[str, ...]:
        """Every text that never changes, to be counted."""
        return (*self.fixed, *self.unread)

    def set_aside(self, text: str) -> None:
        """Adds a text that never changes and is not read."""
        self.unread = _with(self.unread, text)

    def call(self, name: str) -> None:
        """Adds the id of a tool call that the message makes."""
        self.calls = _with(self.calls, name)

    def answer(self, name: str) -> None:
        """Adds the id of a tool call that the message answers."""
        self.answers = _with(self.answers, name)


def _with(items: Sequence[str], item: str) -> list[str]:
    """``items``, a list from the first item on: most messages have none, and there may be very many."""
    if isinstance(items, list):
        items.append(item)
        return items
    return [*items, item]


class Unlinked(NamedTuple):
    """Copies of messages in one shape, each with its turn before calls and results are linked. Nobody changes them."""

    shape: str
    messages: list[Message]
    turns: list[Turn]


@dataclass(slots=True)
class Conversation:
    """All turns of a request in one of the shapes."""

    shape: str  # the name of one of messages.SHAPES
    turns: list[Turn]
    results: str = "auto"  # where its results are: see messages/observations.py
    unlinked: Unlinked | None = None  # the same for the next turn of a conversation that goes on

    @property
    def characters(self) -> int:
        return sum(len(block.text) for turn in self.turns for block in turn.blocks)


class Treatment(NamedTuple):
    """What a rule of the caller says about a text.

    Attributes:
        rule: The index of the rule.
        action: One of ``rules.ACTIONS``.
        max_tokens: The tokens of its form, at most; None for no bound.
        title: What reports call the rule.
    """

    rule: int
    action: str
    max_tokens: int | None
    title: str

    @property
    def untouched(self) -> bool:
        """Whether the text may not change at all."""
        return self.action == "keep"

    @property
    def complete(self) -> bool:
        """Whether nothing of the text may be left out."""
        return self.action == "lossless"

    @property
    def placed(self) -> bool:
        """Whether the text stays in its place: its message may not fold."""
        return self.action in ("keep", "lossless", "excerpt")

    @property
    def forced(self) -> bool:
        """Whether the text must become smaller, even if it is one of the last to go."""
        return self.max_tokens is not None or self.action in ("stub", "signatures")

    @property
    def in_own_words(self) -> bool:
        """Whether neither a compact form nor a shrunk text may replace the text."""
        return self.action in ("verbatim", "signatures", "shrink")


NO_RULES: Mapping[Place, Treatment] = MappingProxyType({})


class Query(NamedTuple):
    """Terms with their weights, and what is named outright; both empty where nothing is asked.

    ``asked`` are the words and names of the question and the task alone, in lower case, with their weights.
    ``explicit`` says how surely the last message asks about the texts, from 0 to 1: an agent's next step does not.
    ``question`` is the text of the question and the task, and ``newest`` that of the question alone.
    ``near`` says how near texts are to what is asked, given them and their values by words; None without an embedder.
    ``rerank`` gives new values of texts, given them and their values so far; None without a reranker.
    """

    weights: dict[str, float]
    mentions: dict[str, float]
    near: Callable[[Sequence[str], Sequence[float]], list[float]] | None = None
    asked: Mapping[str, float] = MappingProxyType({})
    explicit: float = 1.0
    rerank: Callable[[Sequence[str], Sequence[float]], list[float]] | None = None
    question: str = ""
    newest: str = ""
