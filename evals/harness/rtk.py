"""rtk's rules for outputs of commands, written from its documentation (README.md, CLAUDE.md and the "Filtering
strategies" of ARCHITECTURE.md of rtk 0.16). It is not rtk: where the documentation leaves a choice, the one that keeps
more was taken.

The command decides about the strategy, as in rtk's table of rewritten commands. A command that is not in it passes
unchanged. Nothing has a target, and nothing that goes can be asked for.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import Any

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_PROGRESS = re.compile(r"[━█#]{4,}|\b\d{1,3}%|\b\d+(?:\.\d+)?/\d+(?:\.\d+)? [kMG]?B\b")
_FAILS = re.compile(r"(?i)\bfail|\berror|panic|exception|assert|✕|✘|✗|\bE  |traceback")
_ERRS = re.compile(r"(?i)\berror|\bwarn|fail|fatal")
_COUNTS = re.compile(r"(?i)\b\d+ (?:passed|failed|tests?|errors?|warnings?|problems?)|tests?:? run|test result|BUILD ")
_VALUES = re.compile(r"\d+|0x[0-9a-f]+|[0-9a-f]{8,}")
_AT = re.compile(r"^(?P<file>[^\s:(]+)[:(](?P<line>\d+)")
_RULE = re.compile(r"\b(?:[A-Z]{1,4}\d{3,5}|TS\d{4}|[a-z]+(?:-[a-z]+)+)\b")
_BEHIND = 6  # lines behind a failure that belong to it


def filtered(command: str, text: str) -> str:
    """What rtk's rules leave of the output of a command."""
    words = command.split()
    line = " ".join(words)
    for pattern, strategy in _STRATEGIES:
        if pattern.search(line):
            return strategy(_ANSI.sub("", text)).strip("\n") + "\n"
    return text


def _lines(text: str) -> list[str]:
    return [line.rsplit("\r", 1)[-1] for line in text.replace("\r\n", "\n").split("\n")]


def _failures(text: str) -> str:
    """Failure focus: failing tests with what is behind them, and the lines of counts."""
    kept: list[str] = []
    behind = 0
    for line in _lines(text):
        if _FAILS.search(line):
            behind = _BEHIND
        if behind > 0 or _COUNTS.search(line):
            kept.append(line)
        behind -= 1
    return "\n".join(kept) or "ok"


def _errors(text: str) -> str:
    """Errors only: lines of errors and warnings, each with the lines behind it that are indented."""
    kept: list[str] = []
    within = False
    for line in _lines(text):
        within = bool(_ERRS.search(line)) or (within and line[:1] in (" ", "\t", "|"))
        if within or _COUNTS.search(line):
            kept.append(line)
    return "\n".join(kept) or "ok"


def _grouped(text: str) -> str:
    """Grouping: the counts of rules, and for each file its places with their messages once."""
    rules: Counter[str] = Counter()
    files: dict[str, list[str]] = {}
    file, rest = "", []
    for line in _lines(text):
        at = _AT.match(line)
        stripped = line.strip()
        if at:
            file = at["file"]
        elif re.fullmatch(r"\S+\.\w{1,5}", stripped):
            file = stripped
            continue
        elif not re.match(r"\s+\d+:\d+\s", line):
            rest += [line] if _COUNTS.search(line) else []
            continue
        found = _RULE.search(stripped.removeprefix(file))
        rules[found[0] if found else "other"] += 1
        files.setdefault(file, []).append(stripped.removeprefix(file))
    if not files:
        return _errors(text)
    heads = [f"{rule}: {count}" for rule, count in rules.most_common()]
    rows = [f"{file} ({len(places)}): {places[0]}" for file, places in files.items()]
    return "\n".join([*heads, *rows, *rest])


def _deduplicated(text: str) -> str:
    """Deduplication: lines that differ only in numbers once, with their count."""
    first: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for line in _lines(text):
        pattern = _VALUES.sub("#", line)
        first.setdefault(pattern, line)
        counts[pattern] += 1
    return "\n".join(f"{line} (×{counts[key]})" if counts[key] > 1 else line for key, line in first.items())


def _structure(text: str) -> str:
    """Structure only: keys and types, without values."""
    try:
        return json.dumps(_types(json.loads(text)))
    except ValueError:
        return _deduplicated(text)


def _types(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _types(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_types(value[0]), f"… {len(value)} in all"] if value else []
    return type(value).__name__


def _git_log(text: str) -> str:
    """One line for each commit."""
    rows: list[str] = []
    for line in _lines(text):
        if line.startswith("commit "):
            rows.append(line.split()[1][:7])
        elif rows and line.startswith("    ") and line.strip() and " " not in rows[-1]:
            rows[-1] += f" {line.strip()}"
    return "\n".join(rows)


def _git_diff(text: str) -> str:
    """A condensed diff: files and changed lines, without context."""
    return "\n".join(line for line in _lines(text) if line[:1] in ("+", "-", "@") or line.startswith("diff "))


def _git_status(text: str) -> str:
    """Branch, and the files of each kind."""
    return "\n".join(line for line in _lines(text) if line.strip() and not line.strip().startswith("("))


def _tree(text: str) -> str:
    """Tree compression: folders with the number of their files, and the files of small ones."""
    folders: dict[str, list[str]] = {}
    folder = "."
    for line in _lines(text):
        if line.endswith(":") and " " not in line:
            folder = line[:-1]
        elif line and not line.startswith("total "):
            path = PurePosixPath(line.split()[-1])
            folders.setdefault(str(path.parent) if "/" in line else folder, []).append(path.name)
    rows = []
    for name, files in folders.items():
        shown = ", ".join(files) if len(files) <= 10 else f"{', '.join(files[:10])}, … +{len(files) - 10}"
        rows.append(f"{name}/ ({len(files)}): {shown}")
    return "\n".join(rows)


def _hits(text: str) -> str:
    """Grouped search results: each file once, with the first of its hits."""
    files: dict[str, list[str]] = {}
    for line in _lines(text):
        file, _, hit = line.partition(":")
        files.setdefault(file, []).append(hit)
    rows = []
    for file, hits in files.items():
        rows += [f"{file} ({len(hits)}):", *(f"  {hit.strip()[:100]}" for hit in hits[:10])]
    return "\n".join(rows)


def _code(text: str) -> str:
    """Code filtering, level minimal: without comments and blank lines."""
    return "\n".join(line for line in _lines(text) if line.strip() and not re.match(r"\s*(?:#|//|/?\*)", line))


def _columns(text: str) -> str:
    """Compact lists: the first columns of each row."""
    return "\n".join(" ".join(re.split(r"\s{2,}", line.strip())[:5]) for line in _lines(text) if line.strip())


def _settled(text: str) -> str:
    """Progress filtering: without bars, downloads and counters."""
    return "\n".join(_unlike_before(line for line in _lines(text) if line.strip() and not _PROGRESS.search(line)))


def _unlike_before(lines: Iterable[str]) -> list[str]:
    kept: list[str] = []
    for line in lines:
        if not kept or kept[-1].split()[:1] != line.split()[:1] or _ERRS.search(line):
            kept.append(line)
    return kept


_STRATEGIES: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = tuple(
    (re.compile(pattern), strategy)
    for pattern, strategy in (
        (r"\bgit\b.*\blog\b", _git_log),
        (r"\bgit\b.*\bdiff\b", _git_diff),
        (r"\bgit\b.*\bstatus\b", _git_status),
        (r"(?:\b(?:cargo|go|npm|pnpm|mvn)|gradlew?) test\b", _failures),
        (r"\b(?:pytest|unittest|vitest|jest|playwright|rspec|phpunit)\b(?!.*--help)", _failures),
        (r"\b(?:eslint|biome|tsc|ruff|mypy|golangci-lint|clippy)\b", _grouped),
        (r"\b(?:logs?|journalctl|dmesg|stern|tail|view --log)\b", _deduplicated),
        (r"\bcurl\b.*(?:api|json)|\bjq\b|\.json\b", _structure),
        (r"\b(?:make|gcc|build|gradlew?|javac|terraform|ansible-playbook|next)\b(?!.*--help)", _errors),
        (r"^ls\b(?!.*--help)|\bfind\b", _tree),
        (r"^(?:rg|grep)\b(?!.*--help)", _hits),
        (r"^cat\b", _code),
        (r"\b(?:docker|podman) (?:ps|images)|\bkubectl get\b(?!.*--help)", _columns),
        (r"\b(?:npm|pnpm|pip|uv|apt|apt-get|wget|cargo) (?:ci|install|list|download|upgrade)?", _settled),
    )
)
