"""The answers of hooks to events of agents. After a fault there is no answer, and the agent goes on without one.

Claude Code (PostToolUse): the answer has the tool's result with shorter texts, in the same shape. Codex (PreToolUse):
the answer has the command with ``compresskit pipe`` behind it.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from collections.abc import Mapping
from typing import Any

from .kept import absolute_program
from .outputs import MAX_BYTES, Settings, discard_rest, note, shortened_text

Event = Mapping[str, Any]
_TEXTS = frozenset({"stdout", "stderr", "content", "result", "text", "output"})  # fields of results that hold texts
_MAX_DEPTH = 5  # of a result, in which texts are looked for
_STORED, _STORED_SIZE = "persistedOutputPath", "persistedOutputSize"  # where Claude Code keeps a long output
_OURS = re.compile(r"compresskit(?:\.cli)?[\"']?[ \t]+(?:retrieve|pipe|run|hook|restore)\b")
_PATCH = "apply_patch"  # Codex looks for it in the text of a command
_COMMAND_CHARACTERS = 300  # characters of a command that its output is judged against
PATIENCE = 8  # seconds after which the output of a command that still runs is shown


def claude_answer(event: Event, settings: Settings) -> dict[str, Any] | None:
    """The answer to a PostToolUse event of Claude Code; None if the result stays as it is."""
    response, given = event.get("tool_response"), event.get("tool_input")
    given = given if isinstance(given, dict) else {}
    command = _words(given.get("command"))
    if event.get("hook_event_name") != "PostToolUse" or response is None or _is_ours(event, command):
        return None
    if isinstance(response, dict) and response.get("isImage"):
        return None
    # only a result that Claude Code itself has made may name a file to read
    whole = _with_stored(response) if event.get("tool_name") == "Bash" else response
    sizes = [len(text.encode("utf-8", "replace")) for text in _texts(whole)]
    if max(sizes, default=0) <= settings.passes_bytes:
        return None
    share = max(1, settings.max_tokens // max(1, sum(size > settings.max_tokens for size in sizes)))
    path = _words(given.get("file_path"))
    asked = _words(given.get("description")) or _words(given.get("prompt")) or _words(given.get("pattern"))
    limits = settings.asking(share, settings.query or asked or None)
    called = command or f"{event.get('tool_name', '')} {json.dumps(given, ensure_ascii=False)}"[:_COMMAND_CHARACTERS]
    changed = _replaced(whole, lambda text: shortened_text(text, limits, called, path or None))
    if changed == response:
        return None
    return {"hookSpecificOutput": {"hookEventName": "PostToolUse", "updatedToolOutput": changed}}


def codex_answer(event: Event, settings: Settings) -> dict[str, Any] | None:
    """The answer to a PreToolUse event of Codex; None if the command stays as it is."""
    given = event.get("tool_input")
    command = given.get("command") if isinstance(given, dict) else None
    if event.get("hook_event_name") != "PreToolUse" or not isinstance(command, str) or not command.strip():
        return None
    if _OURS.search(command) or _PATCH in command:
        return None
    words = [*shlex.split(absolute_program()), "pipe", "--exit-status", "--patience", str(PATIENCE)]
    words += [*settings.flags(), "--keep", "--command", " ".join(command.split())[:_COMMAND_CHARACTERS]]
    changed = {**given, "command": piped(command, shlex.join(words))} if isinstance(given, dict) else given
    return {
        "hookSpecificOutput": {
            "hookEventName": "PreToolUse",
            "permissionDecision": "allow",
            "updatedInput": changed,
        }
    }


def piped(command: str, pipe: str) -> str:
    """A line for any POSIX shell: a command whose two outputs go through a ``pipe`` that ends with its exit code.

    The command runs in a subshell of the same shell, so the user's functions are there. A line end behind it ends a
    comment or a here-document.

    >>> print(piped("make", "compresskit pipe --exit-status"))
    { (
    make
    ) 2>&1; printf '\\n[exit %s]' "$?"; } | compresskit pipe --exit-status
    """
    return f"{{ (\n{command}\n) 2>&1; printf '\\n[exit %s]' \"$?\"; }} | {pipe}"


def _is_ours(event: Event, command: str) -> bool:
    """Whether a result is of compresskit itself: a text that was just retrieved is not taken away again."""
    return _OURS.search(command) is not None or "compresskit" in str(event.get("tool_name", ""))


def _with_stored(response: Any) -> Any:
    """A result with the whole output, if Claude Code keeps it in a file and shows its beginning alone."""
    path = response.get(_STORED) if isinstance(response, dict) else None
    if not isinstance(path, str) or not os.path.isfile(path) or os.path.getsize(path) > MAX_BYTES:
        return response
    with open(path, "rb") as stream:
        text = stream.read().decode("utf-8", "surrogateescape")
    rest = {name: value for name, value in response.items() if name not in (_STORED, _STORED_SIZE)}
    return {**rest, "stdout": text}


def _texts(value: Any) -> list[str]:
    """The texts of a result: it is one itself, or has them under the usual names."""
    found: list[str] = []
    _replaced(value, found.append)
    return found


def _replaced(value: Any, short: Any, depth: int = 0, name: str = "") -> Any:
    """A copy of a result with shorter texts."""
    if isinstance(value, str):
        if not value or (depth and name not in _TEXTS):
            return value
        found = short(value)
        return value if found is None else found
    if depth > _MAX_DEPTH:
        return value
    if isinstance(value, dict):
        return {key: _replaced(each, short, depth + 1, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_replaced(each, short, depth + 1, name if depth else "") for each in value]
    return value


def _words(value: Any) -> str:
    return value if isinstance(value, str) else ""


def answer_event(name: str, settings: Settings) -> None:
    """Reads an event from standard input and writes the answer, if there is one. It never raises."""
    try:
        event = json.loads(sys.stdin.buffer.read())
        answer = {"claude": claude_answer, "codex": codex_answer}[name]
        found = answer(event, settings)
        if found is not None:
            written = json.dumps(found) + "\n"
            sys.stdout.write(written)
            sys.stdout.flush()
    except BrokenPipeError:
        discard_rest()
    except Exception as error:
        note(error)
