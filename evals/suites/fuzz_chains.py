"""A conversation that grows turn by turn, compressed in every turn, with all that callers and models do in between.

Callers edit and delete what was said, pass what was sent instead of their originals, move their cache marks, change
options, and quote what an earlier result issued. The model calls the retrieval tool with any arguments. The same
random numbers give the same chain.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from compresskit import TOOL_NAME, About, Compressed, Conversation, answer, compress, restore
from compresskit.prices import Prices, prices_for, usual
from evals.harness.messages import Message
from evals.harness.tokens import count
from evals.harness.validity import is_paired

from . import fuzz_conversations as made
from . import fuzz_shapes
from .fuzz_laws import broken, least_tokens, markers, same, unequal

_MAX_TURNS = 6
_ANSWER_TOKENS = 4_000  # of one answer, the default of answer()
_DEAR = Prices(input=1_000_000, write=0, write_hour=0, read=10**9)  # so that compressing again pays at once
_OPTIONS: dict[str, Sequence[Any]] = {
    "model": ["gpt-4o"] * 5 + ["claude-sonnet-4-5", "claude-sonnet-4-5", "my-model"],
    "on_entry": [False, False, "lossless", "views", True],
    "offer_tool": [False, False, True],
    "breakpoints": [False, False, True],
    "prices": [None, None, None, usual(), prices_for("claude-sonnet-4-5"), _DEAR],
    "recoverable": [True] * 9 + [False],
    "query": [None, None, "Which worker reports errors?", "", "a_1.py 日志 \x00 .*"],
    "protect": [None, None, None, [0], [-1], [0, 0, -1]],
    "open": [None, None, ["system"], ["user", "tool"], [0], ["assistant"]],
    "cached": ["move", "move", "keep"],
    "results": ["auto", "auto", "user", "tools"],
    "folds": [True, True, True, False],
    "rules": [
        *[None] * 8,
        [{"role": "tool", "action": "stub"}],
        [{"tool": "read*", "action": "lossless"}, {"role": "tool", "action": "excerpt", "max_tokens": 100}],
        [{"kind": "json", "action": "verbatim", "max_tokens": 60}, {"older_than": 2, "action": "excerpt"}],
        [{"failing": True, "action": "keep"}, {"kind": "code", "action": "signatures"}, {"action": "drop_when_stale"}],
    ],
    "before": [*[None] * 8, "hiding", "hiding", "growing", "cutting", "fickle"],
    "after": [*[None] * 8, "head", "lines"],
}
_HOOKS = ("before", "after")
_SECRET = "s3cr3t-7b"  # a text that is in some messages, and that the hook "hiding" takes out
_CONVERSATION = (
    *("query", "tools", "protect", "open", "cached", "results", "folds", "recoverable", "shape"),
    *("on_entry", "offer_tool", "breakpoints", "prices", "rules", "before", "after"),
)


class Run(NamedTuple):
    """A recorded conversation to cut and mix."""

    shape: str
    messages: list[Message]


class Turn(NamedTuple):
    """One turn of a chain: what compress() was given, and the laws that its result breaks."""

    messages: list[Message]
    options: dict[str, Any]
    broken: list[str]


class Chain:
    """A conversation and its options, drawn from random numbers."""

    def __init__(self, rng: random.Random, runs: Sequence[Run] = (), texts: Sequence[str] = ()) -> None:
        self.rng = rng
        self.calls: Counter[str] = Counter()  # how often compress() was called, by option
        self.shape = rng.choice(["openai", "openai", "anthropic", "anthropic", rng.choice(fuzz_shapes.SHAPES)])
        self.chats = self.shape in ("openai", "anthropic")
        source = self.shape if self.chats else "openai"
        whole = self._recorded(source, runs, texts) if rng.random() < 0.3 else []
        if not whole:
            make = made.alternating if rng.random() < 0.5 or not self.chats else made.conversation
            whole = make(rng, source)
        if not self.chats:
            whole = fuzz_shapes.converted(whole, self.shape)
        self.options: dict[str, Any] = {name: rng.choice(values) for name, values in _OPTIONS.items()}
        self.options["shape"] = rng.choice([self.shape, self.shape, "auto"])
        self.options["tools"] = made.tools(rng, self.shape) if self.chats else fuzz_shapes.tools(self.shape)
        whole = json.loads(json.dumps(whole))  # no list in it twice
        if self.options["before"] == "hiding":
            for holder, name in (place for message in whole for place in fuzz_shapes.places(message)):
                holder[name] += f" {_SECRET}" * (rng.random() < 0.4)
        self.hides = True  # whether every turn so far had the hook "hiding"
        self.hooked = 0  # texts that went through the hook "fickle"
        self.moves_marks = self.chats and rng.random() < 0.15
        if self.chats and not self.moves_marks and rng.random() < 0.25:
            left = 4 - ("cache_control" in json.dumps(self.options["tools"]))
            whole = made.marked(rng, whole, self.shape, rng.randrange(1, left + 1))
        tokens = least_tokens(whole, self.options["tools"])
        self.options["trigger"] = max(1, int(tokens * rng.choice([0.1, 0.3, 0.5, 0.8, 1.5])))
        self.options["target"] = max(1, int(self.options["trigger"] * rng.choice([0.1, 0.5, 0.7, 1])))
        self.steps = made.steps(whole)
        self.history: list[Message] = []
        self.previous: Compressed | None = None
        self.counted = True  # whether the result before was given the originals to count

    def turns(self) -> Iterator[Turn]:
        """Turn after turn, up to the end of the conversation; to an error, or where something is lost."""
        portion = max(1, len(self.steps) // _MAX_TURNS)
        while self.steps:
            fresh = [message for step in self.steps[:portion] for message in step]
            self.steps = self.steps[portion:]
            turn = self._turn(fresh)
            yield turn
            if any(law.startswith(("nothing is lost", "never raises")) for law in turn.broken):
                return

    def _turn(self, fresh: list[Message]) -> Turn:
        rng, previous = self.rng, self.previous
        had_hook = self.options["before"] is not None
        edited = previous is not None and rng.random() < 0.15
        if previous is not None:
            if rng.random() < 0.3:
                fresh = self._quoting(fresh, previous)
            if edited:
                self.history = self._edited(self.history)
            if rng.random() < 0.1:
                name = rng.choice(sorted(_OPTIONS))
                self.options[name] = rng.choice(_OPTIONS[name])
        goes_on = previous is not None and rng.random() < 0.85
        as_sent = previous is not None and not edited and not self.moves_marks and rng.random() < 0.2
        self.history = [*self.history, *fresh]
        given = [*previous.messages, *fresh] if as_sent and previous is not None else self.history
        options = {**self.options, "previous": previous if goes_on else None}
        if previous is not None and ((as_sent and not goes_on) or rng.random() < 0.1):
            options["cache"] = previous.cache
        originals = [self.history]
        if self.moves_marks and given:
            given = [*given[:-1], *made.marked(random.Random(0), given[-1:], self.shape, 1)]
            originals = [given]
        for name in ("protect", "open"):
            named = [one for one in options[name] or () if isinstance(one, str) or -len(given) <= one < len(given)]
            options[name] = named or None
        if "cache" in options:
            originals.append(restore(given, options["cache"]))
        stays = goes_on and not edited and not self.moves_marks and "cache" not in options
        stays = stays and (had_hook or options["before"] is None)  # the first turn with the hook begins anew
        return Turn(given, options, self._checked(given, options, originals, stays))

    def _checked(
        self, given: list[Message], options: dict[str, Any], originals: list[list[Message]], stays: bool
    ) -> list[str]:
        """Calls compress() and judges what it gives; goes on from it."""
        before = json.dumps([given, options["tools"]])
        self.hides = self.hides and options["before"] == "hiding"
        try:
            result = self._compress(given, options)
            found = unequal(result) if self.rng.random() < 0.05 else []
            found += broken(given, originals, result, self.shape, options)
            self.counted = self.counted if options["previous"] is not None else same(given, originals[0])
            if not self.counted:  # the forms of an earlier result were counted as they were sent
                found = [law for law in found if law != "originals counted in full"]
            if self.hides and _SECRET in json.dumps([result.messages, result.cache, result.tools]):
                found.append("what a hook hides stays hidden")
            if json.dumps([given, options["tools"]]) != before:
                found.append("the input is not changed")
            if stays and result.skipped_reason == "fits_trigger":
                sent = options["previous"].messages
                if not same(result.messages[: len(sent)], sent):
                    found.append("what was sent stays")
            if not any(law.startswith("nothing is lost") for law in found):
                found += self._again(given, originals[0], options, result)
            if result.cache and self.rng.random() < 0.3:
                found += self._answers(result)
        except Exception as error:  # whatever it is, it should not be
            return [f"never raises: {type(error).__name__}: {str(error)[:150]}"]
        self.previous = result
        return found

    def _compress(self, given: list[Message], options: dict[str, Any]) -> Compressed:
        for name, value in options.items():
            if name not in ("trigger", "target") and value is not None and value is not False:
                told = value if isinstance(value, str | bool) and name != "query" else "given"
                self.calls[f"{name}: {told}"] += 1
        self.calls[f"messages: {self.shape}"] += 1
        self.calls["calls"] += 1
        return compress(given, **self._with_hooks(options))

    def _with_hooks(self, options: dict[str, Any]) -> dict[str, Any]:
        """The options with functions in the place of the names of hooks."""
        return {
            name: getattr(self, f"_{value}") if name in _HOOKS and value else value for name, value in options.items()
        }

    def _hiding(self, text: str, _about: About) -> str:
        return text.replace(_SECRET, "[hidden]")

    def _growing(self, text: str, about: About) -> str:
        return f"({about.role} {about.tool})\n{text}"

    def _cutting(self, text: str, about: About) -> str:
        return text[: len(text) // 2] + " and so on" if about.message % 2 else text

    def _fickle(self, text: str, _about: About) -> str:
        self.hooked += 1
        return f"{text}\nThis is text {self.hooked}."

    def _head(self, text: str, _about: About) -> str:
        return text[: len(text) // 3]

    def _lines(self, text: str, about: About) -> str:
        return "\n".join(dict.fromkeys(text.split("\n"))) if about.role == "tool" else text

    def _again(
        self, given: list[Message], originals: list[Message], options: dict[str, Any], result: Compressed
    ) -> list[str]:
        """Asking again for the same request: alike, with this result as the one before, and in another process."""
        found = []
        if self.rng.random() < 0.15 and options["before"] != "fickle":
            other = self._compress(given, options)
            if not same([other.messages, other.tools, other.cache], [result.messages, result.tools, result.cache]):
                found.append("the same call gives the same bytes")
        if "cache" not in options and self.rng.random() < 0.25:
            other = self._compress(originals, {**options, "previous": result})
            if not same([other.messages, other.tools], [result.messages, result.tools]):
                found.append("asking again gives the same bytes")
            if other.compressed_tokens > result.compressed_tokens:
                found.append("asking again costs no more")
            if self.chats and not _not_a_number(originals):
                hooked = self._with_hooks(options)
                talk = Conversation(
                    options["model"],
                    options["trigger"],
                    options["target"],
                    **{name: hooked[name] for name in _CONVERSATION},
                )
                talk.append(*originals)
                talk.result = result
                later = Conversation.from_json(talk.to_json(), **{name: hooked[name] for name in _HOOKS})
                if not same(restore(result.messages, later.result.cache), originals):
                    found.append("a conversation from JSON loses nothing")
                if not same(later.request(), other.request):
                    found.append("a conversation goes on from JSON with the same bytes")
        return found

    # --- What callers and models do ---

    def _recorded(self, shape: str, runs: Sequence[Run], texts: Sequence[str]) -> list[Message]:
        """A stretch of a recorded run, or of two, with its long texts cut and some replaced."""
        rng = self.rng
        runs = [run for run in runs if run.shape == shape]
        found: list[Message] = []
        for _ in range(rng.choice([1, 1, 1, 2]) if runs else 0):
            messages = rng.choice(runs).messages
            start = rng.choice([0, 0, 0, rng.randrange(len(messages))])
            found += messages[start : start + rng.choice([3, 8, 20, 40])]
        found = json.loads(json.dumps(found))
        most = rng.choice([600, 2_000, 6_000])
        for message in found:
            for holder, name in fuzz_shapes.places(message):
                holder[name] = holder[name][:most]
                if rng.random() < 0.1:
                    holder[name] = rng.choice(texts)[:most] if texts and rng.random() < 0.5 else made.text(rng)
        return found

    def _quoting(self, fresh: list[Message], previous: Compressed) -> list[Message]:
        """The new messages, one of which says what was issued: a whole form, a fold, or one of its lines."""
        rng = self.rng
        old = {holder[name] for message in self.history for holder, name in fuzz_shapes.places(message)}
        issued = [holder[name] for message in previous.messages for holder, name in fuzz_shapes.places(message)]
        issued = [text for text in issued if text not in old and markers(text)]
        copies = json.loads(json.dumps(fresh))
        places = [place for message in copies for place in fuzz_shapes.places(message)]
        if issued and places:
            quote = rng.choice(issued)
            quote = rng.choice([quote, quote, rng.choice(sorted(markers(quote)))])
            holder, name = rng.choice(places)
            holder[name] = rng.choice([quote, quote, f"It says:\n{quote}\nand no more.", f"{quote}\n{holder[name]}"])
        return copies

    def _edited(self, history: list[Message]) -> list[Message]:
        """The history with a message changed, one or more left out, or its end cut off."""
        rng = self.rng
        if not history:
            return history
        found = json.loads(json.dumps(history))
        place = rng.randrange(len(found))
        how = rng.randrange(5)
        if how == 0:
            del found[place]
        elif how == 1:
            del found[place : place + rng.randrange(2, 6)]
        elif how == 2:
            del found[max(1, place) :]
        else:
            places = fuzz_shapes.places(found[place])
            if places:
                holder, name = rng.choice(places)
                holder[name] = rng.choice([holder[name] + ".", "Something else.", made.text(rng)])
        return found

    def _answers(self, result: Compressed) -> list[str]:
        """Answers to calls that a model may write; every call of the tool has one, within its tokens."""
        rng = self.rng
        arguments = [_arguments(rng, sorted(result.cache)) for _ in range(rng.randrange(1, 4))]
        calls = [
            {"id": f"r{number}", "type": "function", "function": {"name": TOOL_NAME, "arguments": given}}
            for number, given in enumerate(arguments)
        ]
        turn: Message = {"role": "assistant", "content": None, "tool_calls": calls}
        response: Any = None
        if not self.chats:
            turn, response = fuzz_shapes.call_of(arguments[0], 0, self.shape, TOOL_NAME)
        if self.shape == "anthropic":
            uses = [
                {"type": "tool_use", "id": f"r{number}", "name": TOOL_NAME, "input": given}
                for number, given in enumerate(arguments)
            ]
            turn = {"role": "assistant", "content": uses}
        if response is None:
            response = turn if self.shape == "anthropic" or rng.random() < 0.5 else {"choices": [{"message": turn}]}
        results = answer(response, result.cache)
        self.calls["answers"] += 1
        found = []
        asked, ended = {"role": "user", "content": "?"}, {"role": "assistant"}
        if not is_paired([asked, turn, *results, ended] if self.chats else [turn, *results], self.shape):
            found.append("every retrieval has its answer")
        said = [holder[name] for message in results for holder, name in fuzz_shapes.places(message)]
        if any(count(text) > _ANSWER_TOKENS for text in said):
            found.append("an answer keeps to its tokens")
        return found


def _not_a_number(messages: Sequence[Message]) -> bool:
    text = json.dumps(messages)
    return "NaN" in text or "Infinity" in text


def _arguments(rng: random.Random, keys: Sequence[str]) -> Any:
    """Arguments as a model may write them: right, nearly right, or nothing of the kind."""
    key = rng.choice([rng.choice(keys), rng.choice(keys), rng.choice(keys)[:-1], "KEY", "", 5, None, ["a"], " x\n"])
    odd = ["13-57", "1", "-", "c0-50", "c5-", "9" * 13, "5-1", "0", "1-2,4-", "one", "", [1, 2], [], {}, 3.5, -1, True]
    given: dict[str, Any] = {"key": key}
    if rng.random() < 0.5:
        given["lines"] = rng.choice([*odd, 10**5_000])
    if rng.random() < 0.5:
        queries = ["error", "", ".*(", "日志", "x" * 5_000, 7, ["a", "b"], {"a": 1}, None, "\x00", "\ud83d"]
        given["query"] = rng.choice(queries)
    text = "{}" if given.get("lines") == 10**5_000 else json.dumps(given)
    return rng.choice([*[text] * 6, text[:-1], "", "null", "[]", "[" * 3_000, "NaN", '"x"', None, 5, given, given])
