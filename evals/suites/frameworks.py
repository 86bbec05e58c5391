"""Recorded runs as agents of LangChain, with a middleware that keeps the requests small: ours beside LangChain's own.

Each run is played by a real agent with a checkpointer. Its model answers as recorded, and so do its tools. Before each
step with tools the agent stops, and another one with a new middleware goes on from the checkpoint, as another process
would. The trigger is half of the run's tokens (--trigger), and the target of CompressMiddleware half of that; all else
are defaults. The model that writes summaries is none: it says the beginning of every message that it is given, in
{SUMMARY} tokens. Its requests count.

sent         tokens of all requests, with those of the summaries, as a share of the whole histories
summaries    share of these that are the requests and the answers of the summary model
repeated     share of the tokens that are byte for byte the beginning of the request before: what a prompt cache reads
readable     share of the names and numbers of the history that the next actions use, and that their requests show
lost         share of them that can neither be read nor be retrieved
valid        share of the requests that break no rule of a strict provider (`harness.validity`) that the history keeps
state        share of the run's tokens that are in the last checkpoint
resumptions  per run

Data: the agent runs of the data folder, or those given with --data. Runs in which an answer follows an answer are left
out.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from compresskit.bill import requests
from compresskit.bill.atoms import place
from evals.harness import data, engine, options, reporting
from evals.harness.cases import Row
from evals.harness.figures import Column
from evals.harness.messages import Message, read_all
from evals.harness.tokens import count, count_message, count_request
from evals.harness.validity import is_paired, problems
from evals.suites import transcripts
from evals.suites.agent_points import GROUPS

SUMMARY = 500
CONTENDERS = ("everything", "CompressMiddleware", "SummarizationMiddleware", "ContextEditingMiddleware")
COLUMNS = (
    Column("requests", "requests", "tokens"),
    Column("sent", "sent", "percent", over="whole", pooled=True),
    Column("summaries", "summaries", "percent", over="sent", pooled=True),
    Column("repeated", "repeated", "percent", over="sent", pooled=True),
    Column("readable", "readable", "percent", over="wanted", pooled=True),
    Column("lost", "lost", "percent", over="wanted", pooled=True),
    Column("valid", "valid", "percent", over="requests", pooled=True),
    Column("state", "state", "percent"),
    Column("resumptions", "resumptions", "tokens"),
)


class Run(NamedTuple):
    """A recorded run in the shape of OpenAI."""

    name: str
    group: str
    messages: list[Message]
    trigger: int
    target: int


def openai_messages(messages: Sequence[Message]) -> list[Message]:
    """Messages of Anthropic in the shape of OpenAI; others as they are.

    >>> openai_messages([{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "1"}]}])
    [{'role': 'tool', 'tool_call_id': 'a', 'content': '1'}]
    """
    found: list[Message] = []
    for message in messages:
        blocks = message["content"] if isinstance(message.get("content"), list) else None
        if blocks is None:
            found.append(message)
            continue
        texts = [block["text"] for block in blocks if block.get("type") == "text" and block["text"].strip()]
        uses = [block for block in blocks if block.get("type") == "tool_use"]
        for block in blocks:
            if block.get("type") == "tool_result":
                text = block.get("content") or ""
                parts = [] if isinstance(text, str) else [part.get("text", "") for part in text]
                content = text if isinstance(text, str) else "\n".join(parts)
                found.append({"role": "tool", "tool_call_id": block["tool_use_id"], "content": content or "(nothing)"})
        if texts or uses:
            one: Message = {"role": message["role"], "content": "\n\n".join(texts) or None}
            if uses:
                one["tool_calls"] = [_call(use) for use in uses]
            found.append(one)
    return found


def _call(use: Message) -> Message:
    arguments = json.dumps(use.get("input") or {}, ensure_ascii=False)
    return {"id": use["id"], "type": "function", "function": {"name": use["name"], "arguments": arguments}}


def is_playable(messages: Sequence[Message]) -> bool:
    """Whether an agent can play a run: calls have their results, and each answer has something to answer."""
    roles = [message.get("role") for message in messages]
    pairs = pairwise(roles)
    return (
        is_paired(messages, "openai")
        and "assistant" in roles
        and not any(pair in (("assistant", "assistant"), ("tool", "user")) for pair in pairs)
        and set(roles) <= {"system", "user", "assistant", "tool"}
        and "system" not in roles[1:]
    )


class Played(NamedTuple):
    """What a run sent: its requests, the tokens of the summary model, the last state, and the originals kept."""

    requests: list[tuple[list[Message], list[Any]]]
    summaries: int
    state: list[Message]
    originals: list[str]
    resumptions: int


def play(run: Run, name: str) -> Played:
    """Plays a run with a middleware."""
    from langchain.agents import create_agent
    from langchain_core.messages import convert_to_messages, convert_to_openai_messages
    from langgraph.checkpoint.memory import InMemorySaver

    from evals.suites.langchain_parts import Recorded, Replayed, Summarizing, tools_of

    system = run.messages[0]["content"] if run.messages[0]["role"] == "system" else None
    messages = run.messages[1 if system is not None else 0 :]
    model = Replayed(answers=convert_to_messages([one for one in messages if one["role"] == "assistant"]), seen=[])
    results: dict[str, list[str]] = {}  # some runs use an id twice
    for one in messages:
        if one["role"] == "tool":
            results.setdefault(one["tool_call_id"], []).append(one["content"])
    store, summarizer = Kept(), Summarizing(tokens=SUMMARY, spent=[])
    made = middlewares(run, store, summarizer)[name]
    saver, thread = InMemorySaver(), {"configurable": {"thread_id": "1"}, "recursion_limit": 10_000}
    agent: Any = None
    resumptions = 0
    last = ""
    for at, message in enumerate(messages):
        if message["role"] != "assistant":
            last = message["role"]
            continue
        asked = [one for one in _before(messages, at) if one["role"] == "user"]
        agent = create_agent(
            model,
            tools_of(run.messages),
            system_prompt=system,
            middleware=[*made(), Recorded(results)],
            checkpointer=saver,
            interrupt_before=["tools"],
        )
        resumptions += 1
        agent.invoke(None if last == "tool" else {"messages": convert_to_messages(asked)}, thread)
    seen = [(_as_sent(convert_to_openai_messages(one)), tools) for one, tools in model.seen]
    state = convert_to_openai_messages(agent.get_state(thread).values["messages"])
    return Played(seen, sum(summarizer.spent), state, store.originals(), resumptions - 1)


def _as_sent(messages: list[Message]) -> list[Message]:
    """Messages as LangChain sends them to OpenAI: no text beside calls is null."""
    return [
        {**message, "content": message["content"] or None} if message.get("tool_calls") else message
        for message in messages
    ]


def _before(messages: Sequence[Message], at: int) -> list[Message]:
    """The messages between the answer before and the one at a place."""
    first = next((index + 1 for index in range(at - 1, -1, -1) if messages[index]["role"] == "assistant"), 0)
    return list(messages[first:at])


class Kept:
    """A store that shows what is in it."""

    def __init__(self) -> None:
        self._items: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        return self._items.get(key)

    def put(self, items: Any) -> None:
        self._items.update(items)

    def originals(self) -> list[str]:
        """The texts that can be retrieved."""
        found = [json.loads(value) for value in self._items.values()]
        caches = [one["result"]["cache"] for one in found if isinstance(one, dict) and "result" in one]
        return list(dict.fromkeys(text for cache in caches for text in cache.values()))


def middlewares(run: Run, store: Kept, summarizer: Any) -> dict[str, Callable[[], list[Any]]]:
    """How the middleware of each contender is made, once for each process."""
    from langchain.agents.middleware import ClearToolUsesEdit, ContextEditingMiddleware, SummarizationMiddleware

    from compresskit.integrations.langchain import CompressMiddleware

    return {
        "everything": list,
        "CompressMiddleware": lambda: [CompressMiddleware(trigger=run.trigger, target=run.target, store=store)],
        "SummarizationMiddleware": lambda: [SummarizationMiddleware(summarizer, trigger=("tokens", run.trigger))],
        "ContextEditingMiddleware": lambda: [ContextEditingMiddleware(edits=[ClearToolUsesEdit(trigger=run.trigger)])],
    }


def measured(run: Run, name: str) -> Row:
    """The row of one run and contender."""
    played = play(run, name)
    wanted = requests(run.messages)
    sizes = [count_request(messages, tools) for messages, tools in played.requests]
    sent = sum(sizes) + played.summaries
    whole = sum(count_request(run.messages[: one.end]) for one in wanted)
    originals = read_all([{"role": "tool", "content": text} for text in played.originals])
    uses = readable = lost = 0
    for (messages, _), one in zip(played.requests, wanted, strict=True):
        text = read_all(messages)
        shown = {atom for atom in one.wanted if place(text, atom)}
        uses += len(one.wanted)
        readable += len(shown)
        lost += sum(not place(originals, atom) for atom in one.wanted - shown)
    return {
        **_place(run, name),
        "error": None,
        "requests": len(sizes),
        "sent": sent,
        "whole": whole,
        "summaries": played.summaries,
        "repeated": _repeated([messages for messages, _ in played.requests]),
        "wanted": uses,
        "readable": readable,
        "lost": lost,
        "valid": sum(
            _is_valid(run.messages[: one.end], *sent) for one, sent in zip(wanted, played.requests, strict=True)
        ),
        "state": _share(played.state, run.messages),
        "resumptions": played.resumptions,
    }


def _is_valid(history: Sequence[Message], messages: list[Message], tools: list[Any]) -> bool:
    """Whether a request breaks no rule that the whole history keeps."""
    return set(problems(messages, "openai", tools or None)) <= set(problems(history, "openai"))


def _place(run: Run, name: str) -> dict[str, str]:
    return {"case": run.name, "group": run.group, "unit": run.name, "compressor": name}


def _repeated(requests_sent: Sequence[list[Message]]) -> int:
    """The tokens that are the beginning of the request before."""
    found = 0
    before: list[str] = []
    for messages in requests_sent:
        texts = [json.dumps(message, sort_keys=True, ensure_ascii=False) for message in messages]
        same = next((at for at, (one, other) in enumerate(zip(texts, before, strict=False)) if one != other), None)
        length = min(len(texts), len(before)) if same is None else same
        found += sum(map(count_message, messages[:length]))
        before = texts
    return found


def _share(state: Sequence[Message], messages: Sequence[Message]) -> float:
    """The share of the tokens of a run's results and prompts that are in a state."""
    texts = {str(message["content"]) for message in state}
    own = [str(message["content"]) for message in messages if message["role"] in ("user", "tool")]
    return sum(count(text) for text in own if text in texts) / max(1, sum(map(count, own)))


def runs(given: argparse.Namespace) -> tuple[list[Path], list[Run]]:
    """The files, and the runs that can be played."""
    paths = transcripts.find(GROUPS, given.data)
    found: dict[str, list[tuple[str, list[Message]]]] = {}
    for path in paths:
        for one in transcripts.runs(path):
            messages = openai_messages(one["messages"])
            if is_playable(messages):
                found.setdefault(GROUPS.get(path.name, path.name.split(".")[0]), []).append((one["id"], messages))
    chosen = []
    for group, members in found.items():
        for name, messages in members[: given.limit]:
            trigger = max(2, int(given.trigger * count_request(messages)))
            chosen.append(Run(name, group, messages, trigger, max(1, int(trigger * given.target[0]))))
    return paths, chosen


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    description = (__doc__ or "").replace("{SUMMARY}", str(SUMMARY))
    help_target = "share of the trigger (default: 0.5)"
    parser = options.parser(
        "frameworks", description, "0.5", help_target, CONTENDERS, ",".join(CONTENDERS), embedder=False
    )
    parser.add_argument("--trigger", type=float, default=0.5, metavar="X", help="share of the run (default: 0.5)")
    given = parser.parse_args(arguments)
    return reporting.report("frameworks", given, COLUMNS, partial(_rows, given))


def _rows(given: argparse.Namespace) -> tuple[list[Path], list[Row]]:
    paths, found = runs(given)
    if not found:
        raise data.DataError("no run that an agent can play in the data given")
    items = [
        engine.Item(
            f"{run.group} | {run.name} | {name}",
            (run, name),
            _place(run, name),
        )
        for run in found
        for name in given.compressors
    ]
    return paths, engine.execute(items, measured, given, title="playing", data=paths)
