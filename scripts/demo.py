"""Shows compress() on a real conversation that is collected on this machine, and checks every claim.

Prints the tokens before and after, the text that the question needs, one retrieval, and the restored messages. The exit
code is 0 if every check passes. It calls no model: the retrieval call is one that a model could have sent.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from demo_material import ASSERTION, PLACEHOLDER, QUESTION, SHORTEN, TOOLS, Conversation, gather
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from compresskit import TOOL_NAME, Compressed, answer, compress, restore

MODEL = "gpt-4o"
NEEDED = {  # what answers the question -> a line that says it
    "the failing assertion": ASSERTION,
    "the body of shorten()": SHORTEN,
    "the default of TextWrapper": PLACEHOLDER,
}
CONTEXT_LINES = 2
LEGEND = (
    "protected: never changed. excerpt: the relevant parts stay, and markers say what is missing. stub: one line "
    "replaces the text. fold: one message replaces a run of messages, and is counted at the first of them."
)


class Report:
    """Prints, and remembers the checks that failed."""

    def __init__(self) -> None:
        interactive = sys.stdout.isatty()
        self.console = Console(width=None if interactive else 100, highlight=False, markup=False, emoji=False)
        self.failures: list[str] = []

    def heading(self, number: int, text: str) -> None:
        self.console.print()
        self.console.print(Text(f"{number}. {text}", style="bold cyan"))

    def line(self, text: str, style: str = "") -> None:
        self.console.print(Text(text, style=style))

    def check(self, holds: bool, text: str) -> None:
        mark = Text("yes  ", style="green") if holds else Text("NO   ", style="bold red")
        self.console.print(mark + Text(text))
        if not holds:
            self.failures.append(text)


def main(arguments: list[str] | None = None) -> int:
    """The demo from top to bottom."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", type=int, default=12_000, help="tokens to compress to (default: 12,000)")
    target = parser.parse_args(arguments).target
    report = Report()
    talk = gather(Path(__file__).resolve().parent.parent)
    result = compress(talk.messages, MODEL, trigger=2 * target, target=target, tools=TOOLS)
    show_tokens(report, talk, result)
    show_readable(report, result)
    show_retrieval(report, talk, result)
    show_restored(report, talk, result)
    report.line("")
    for failure in report.failures:
        report.line(f"failed: {failure}", "bold red")
    report.line("A check failed." if report.failures else "All checks passed.", "bold")
    return 1 if report.failures else 0


def show_tokens(report: Report, talk: Conversation, result: Compressed) -> None:
    """The table of tokens before and after, against the target."""
    report.line(
        "An agent has read real files of this machine, has run a failing test, and gets a question. Before the "
        "conversation goes to the model, compress() brings it to the target. This demo sends nothing anywhere."
    )
    report.heading(1, "Tokens, message by message")
    table = Table("", "message", box=box.SIMPLE_HEAD, padding=(0, 1))
    for name in "before", "after":
        table.add_column(name, justify="right")
    table.add_column("what became of it")
    for index, title in enumerate(talk.titles):
        mine = [decision for decision in result.decisions if decision.message == index]
        before = sum(decision.tokens_before for decision in mine)
        after = sum(decision.tokens_after for decision in mine)
        actions = ", ".join(dict.fromkeys(decision.action for decision in mine))
        if title.startswith("call: ") and before == after:
            continue  # two rows for each step say no more than one
        table.add_row(Text(str(index), style="dim"), title, f"{before:,}", f"{after:,}", actions)
    table.add_section()
    table.add_row(
        "",
        Text("the whole request", style="bold"),
        f"{result.original_tokens:,}",
        Text(f"{result.compressed_tokens:,}", style="bold"),
        "with tools and overhead",
    )
    report.console.print(table)
    report.line(LEGEND, "dim")
    within = result.target_met and result.compressed_tokens <= result.target
    report.check(within, f"{result.compressed_tokens:,} tokens are at most the target of {result.target:,}")


def show_readable(report: Report, result: Compressed) -> None:
    """The lines that answer the question, as the model would see them."""
    report.heading(2, "What the model can still read for the question")
    report.line(QUESTION, "italic")
    report.line("")
    texts = [text for message in result.messages if isinstance(text := message.get("content"), str)]
    del texts[-1]  # the question itself
    for what, needle in NEEDED.items():
        found = next((text for text in texts if needle in text), None)
        report.check(found is not None, f"{what} is readable")
        if found is not None:
            for line in around(found, needle):
                report.line(f"       │ {line}", "dim" if needle not in line else "")


def around(text: str, needle: str) -> list[str]:
    """The line with the needle and a few beside it."""
    lines = text.splitlines()
    at = next(number for number, line in enumerate(lines) if needle in line)
    return lines[max(0, at - CONTEXT_LINES) : at + CONTEXT_LINES + 1]


def show_retrieval(report: Report, talk: Conversation, result: Compressed) -> None:
    """One call of the retrieval tool, as a model would make it, and the answer to it."""
    report.heading(3, "The model retrieves a text that was taken out")
    index = talk.titles.index("result: read click/core.py")
    key = next((decision.key for decision in result.decisions if decision.message == index), None)
    arguments = json.dumps({"key": key, "query": "Parameter.process_value"})
    report.line(f"{TOOL_NAME}({arguments})", "italic")
    function = {"name": TOOL_NAME, "arguments": arguments}
    call = {"id": "call_retrieve", "type": "function", "function": function}
    response: dict[str, Any] = {"choices": [{"message": {"role": "assistant", "tool_calls": [call]}}]}
    answers = answer(response, result.cache)
    content = answers[0]["content"] if answers else ""
    ours = [message.get("tool_call_id") for message in answers] == ["call_retrieve"]
    report.check(ours, "one tool message answers it")
    needle = "def process_value("
    report.check(needle in content, f"it holds “{needle}…”")
    if needle in content:
        for line in around(content, needle):
            report.line(f"       │ {line}", "dim")


def show_restored(report: Report, talk: Conversation, result: Compressed) -> None:
    """The way back."""
    report.heading(4, "Everything back, exactly")
    size = len(json.dumps(talk.messages))
    same = restore(result.messages, result.cache) == talk.messages
    report.check(same, f"restore() gives all {len(talk.messages)} messages back, {size:,} characters of JSON")


if __name__ == "__main__":
    sys.exit(main())
