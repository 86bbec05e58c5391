"""One HTML page from the records of runs: tables and charts, readable on a phone, with nothing loaded from anywhere.

python -m evals report RECORD.json … -o report.html

Records come from any eval's --json. Several records of one eval are shown one below the other.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from evals.harness.data import DataError

from .page import page
from .reading import read


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Exit codes: 0 written, 2 a record that cannot be read, or a page that cannot be written."""
    parser = argparse.ArgumentParser(
        prog="python -m evals report",
        description=__doc__,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("records", nargs="+", type=Path, metavar="RECORD.json", help="records of runs")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="where the page goes")
    given = parser.parse_args(arguments)
    try:
        made = page([read(path) for path in given.records])
        given.output.write_text(made, encoding="utf-8")
    except DataError as error:
        print(f"report: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"report: {given.output} cannot be written: {error.strerror}; try another -o.", file=sys.stderr)
        return 2
    print(given.output)
    return 0
