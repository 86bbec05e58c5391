"""Public data sets of the Hugging Face hub, through the package `datasets`, in the shape that the evals read.

Nothing is fetched unless no data is given and none is there, or "hub" is asked for. Agent runs have no set here: the
public ones are in no common shape; `--data` reads the usual ones.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from . import data

Fields = Mapping[str, Any]


class Set(NamedTuple):
    """One data set, and how its rows become ours."""

    path: str
    configuration: str | None
    split: str
    convert: Callable[[Fields], dict[str, Any]]


def hotpot(row: Fields) -> dict[str, Any]:
    """HotpotQA names its supporting sentences by title and number; a few numbers are past the end of the paragraph.

    >>> facts = {"title": ["A", "A"], "sent_id": [1, 7]}
    >>> context = {"title": ["A", "B"], "sentences": [["One.", " Two."], ["Three."]]}
    >>> hotpot({"id": "5a", "question": "?", "answer": "2", "supporting_facts": facts, "context": context})["support"]
    [' Two.']
    """
    context, facts = row["context"], row["supporting_facts"]
    sentences = dict(zip(context["title"], context["sentences"], strict=True))
    named = [(sentences.get(title, []), number) for title, number in zip(*_columns(facts), strict=True)]
    return {
        "id": f"hotpot-{row['id']}",
        "question": row["question"],
        "answer": row["answer"],
        "paragraphs": [list(pair) for pair in sentences.items()],
        "support": [there[number] for there, number in named if number < len(there)],
    }


def _columns(facts: Fields) -> tuple[Sequence[str], Sequence[int]]:
    return facts["title"], facts["sent_id"]


def musique(row: Fields) -> dict[str, Any]:
    """MuSiQue names whole paragraphs as support."""
    return {
        "id": f"musique-{row['id']}",
        "question": row["question"],
        "answer": row["answer"],
        "paragraphs": [[one["title"], [one["paragraph_text"]]] for one in row["paragraphs"]],
        "support": [one["paragraph_text"] for one in row["paragraphs"] if one["is_supporting"]],
    }


# The first 500 of thousands: each is a conversation of 15,000 tokens, in two layouts, for every compressor.
QUESTIONS = (
    Set("hotpotqa/hotpot_qa", "distractor", "validation[:500]", hotpot),
    Set("dgslibisey/MuSiQue", None, "validation[:500]", musique),
)
SWE_BENCH = (Set("princeton-nlp/SWE-bench_Lite", None, "test", dict),)


def find(names: Iterable[str], given: str | None, sets: Sequence[Set]) -> list[Path] | list[data.Source]:
    """What to read: what is given, else the data folder where it has one of the names, else the public sets."""
    names = list(names)
    here = given or os.environ.get(data.ENVIRONMENT) or data.there(names)
    if given == "hub" or not here:
        return [load(one) for one in sets]
    return data.find(names, given)


def load(one: Set) -> data.Source:
    """All rows of a set; `datasets` keeps what it has fetched.

    Raises:
        DataError: `datasets` is not installed, or the set cannot be fetched.
    """
    try:
        load_dataset = import_module("datasets").load_dataset
    except ImportError as error:
        raise data.DataError(
            'public data needs the package datasets: pip install "compresskit[evals]"; or give a file with --data.'
        ) from error
    try:
        rows = [one.convert(row) for row in load_dataset(one.path, one.configuration, split=one.split)]
    except Exception as error:  # of the network, the hub, or a set that has changed its fields
        raise data.DataError(
            f"the data set {one.path} ({one.split}) cannot be read from the hub: {type(error).__name__}: {error}. "
            "Give a file with --data."
        ) from error
    digest = hashlib.sha256(json.dumps(rows, ensure_ascii=False, sort_keys=True, default=str).encode("utf-8"))
    return data.Source(f"{one.path}, {one.split}", digest.hexdigest(), rows)
