"""Makes a record small enough to be committed: its figures, settings, versions and digests stay as they are.

Of the rows only what the report draws stays: the needles' places, and the turns of the longest run of a bill. The
record says how many were left out. Texts of data sets and replies of models never stay.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from evals.report.reading import failures

_PLACES = ("group", "compressor", "depth", "length", "found")
_TURN = ("prompt", "bill", "bounce")


def trimmed(found: dict[str, Any], figures: Sequence[str] = ()) -> dict[str, Any]:
    """The record with few rows or none, and with some figures only, if they are named."""
    if found.get("trimmed"):  # trimmed before: what it says of the whole run stays true
        return found
    rows = found["rows"]
    kept = [_place(row) for row in rows if "depth" in row] or _longest(rows)
    told = f"{len(rows) - len(kept):,} of {len(rows):,} rows were left out when this record was added."
    if figures:
        told += f" Of the figures, only {', '.join(figures)} stayed."
    return {
        **found,
        "figures": [_only(line, figures) for line in _rounded(found["figures"])],
        "failures": failures(rows),
        "trimmed": told,
        "rows": kept,
    }


def text(found: dict[str, Any]) -> str:
    """JSON with a line for each entry of a list: small, and readable in a diff."""
    parts = []
    for key, value in found.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            items = ",\n".join(f"  {_json(item)}" for item in value)
            parts.append(f" {_json(key)}: [\n{items}\n ]")
        else:
            parts.append(f" {_json(key)}: {_json(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _only(line: dict[str, Any], figures: Sequence[str]) -> dict[str, Any]:
    """The figures of a group and compressor, or those that are named."""
    return {**line, "figures": {name: one for name, one in line["figures"].items() if name in figures or not figures}}


def _place(row: dict[str, Any]) -> dict[str, Any]:
    failed = row.get("error") and str(row["error"])[:120]
    return {**{key: row[key] for key in _PLACES if key in row}, "case": row["case"], "error": failed}


def _longest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of the run with the most turns, with what is drawn of each turn."""
    with_turns = [row for row in rows if row.get("turns")]
    if not with_turns:
        return []
    longest = max(with_turns, key=lambda row: len(row["turns"]))
    same = [row for row in with_turns if (row["group"], row["case"]) == (longest["group"], longest["case"])]
    wanted = ("group", "compressor", "error", "everything")
    return [  # a run's own name says nothing to others
        {
            "case": "the longest run",
            **{key: row[key] for key in wanted},
            "turns": [{key: turn[key] for key in _TURN} for turn in row["turns"]],
        }
        for row in same
    ]


def _rounded(value: Any) -> Any:
    """Six digits of every number: more than the runs can repeat."""
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
