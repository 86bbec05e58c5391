"""The real conversations of the data: none where it is absent."""

import functools
import gzip
import json
import os

from paths import DATA

IS_WHOLE = bool(os.environ.get("COMPRESSKIT_WHOLE_DATA"))  # whether tests take all of it, and no sample
FILES = sorted(DATA.glob("agents_*.jsonl.gz"))


@functools.cache
def conversations(file):
    """The shape and the messages of each run of a file, by its id."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return {run["id"]: (run["format"], run["messages"]) for run in map(json.loads, lines)}
