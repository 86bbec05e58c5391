"""The README's figures, out of the records in evals/records.

python -m evals figures --check                  does the README say what the records say? exit code 1 if not
python -m evals figures --write                  fills the README's marked places from the records
python -m evals figures --add RECORD.json        puts a run's record there, trimmed of its rows
python -m evals figures --run [NAME …]           makes records anew

Without names --run makes those that take a minute or so; the others by name. scripts/records is --run and --write.
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from evals import reading
from evals.data import DataError
from evals.reading import RecordError

from . import filling, recipes, trimming

ROOT = Path(__file__).resolve().parents[2]
README, RECORDS, TEMPLATES = ROOT / "README.md", ROOT / "evals" / "records", Path(__file__).parent


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Exit codes: 0 done, 1 the README says something else (--check), 2 a record or template is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m evals figures",
        description=__doc__,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    one = parser.add_mutually_exclusive_group(required=True)
    one.add_argument("--check", action="store_true", help="compare the README with the records")
    one.add_argument("--write", action="store_true", help="fill the README from the records")
    one.add_argument("--add", nargs="+", type=Path, metavar="RECORD.json", help="put records of runs there")
    one.add_argument("--run", nargs="*", metavar="NAME", help=_recipes())
    parser.add_argument("--prompts", metavar="DIR", help="for --run: prompts of SWE-bench that were built once")
    parser.add_argument("--records", type=Path, default=RECORDS, metavar="DIR", help="the records (evals/records)")
    parser.add_argument("--readme", type=Path, default=README, metavar="FILE", help="the README")
    given = parser.parse_args(arguments)
    try:
        return _done(given)
    except DataError as error:
        print(f"figures: {error}", file=sys.stderr)
        return 2


def _recipes() -> str:
    told = (f"{name} ({recipe.slow})" if recipe.slow else name for name, recipe in recipes.RECIPES.items())
    return f"make records anew, without names those that are not slow: {', '.join(told)}"


def filled(readme: Path, folder: Path) -> tuple[str, str]:
    """What the README says, and what it has to say."""
    records = {path.name.removesuffix(".json"): reading.read(path) for path in sorted(folder.glob("*.json"))}
    templates = {path.stem: path.read_text(encoding="utf-8") for path in sorted(TEMPLATES.glob("*.md"))}
    texts = {}
    for name, template in templates.items():
        try:
            texts[name] = filling.fill(template, records)
        except RecordError as error:
            raise RecordError(f"evals/readme/{name}.md: {error}") from error
    says = readme.read_text(encoding="utf-8")
    return says, filling.replaced(says, texts)


def add(path: Path, folder: Path) -> Path:
    """Puts a record there, trimmed; where it is."""
    reading.read(path)  # what is no record, or a broken one, is told before anything is written
    record = trimming.trimmed(json.loads(path.read_text(encoding="utf-8")))
    name = path.name if path.name.endswith(".json") else f"{path.name}.json"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(trimming.text(record), encoding="utf-8")
    return folder / name


def _done(given: argparse.Namespace) -> int:
    if given.add:
        for path in given.add:
            print(add(path, given.records))
        return 0
    if given.run is not None:
        return _run(given)
    says, wanted = filled(given.readme, given.records)
    if given.write:
        given.readme.write_text(wanted, encoding="utf-8")
        return 0
    changes = list(difflib.unified_diff(says.splitlines(), wanted.splitlines(), "README", "records", lineterm="", n=0))
    if changes:
        print("\n".join(changes))
        print(
            f"figures: {given.readme.name} differs from the records; python -m evals figures --write", file=sys.stderr
        )
    return int(bool(changes))


def _run(given: argparse.Namespace) -> int:
    for name in recipes.chosen(given.run, given.prompts):
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / f"{name}.json"
            seconds = recipes.run(name, made, given.prompts)
            print(f"{add(made, given.records)} ({seconds:.0f} s)", flush=True)
    return 0
