"""The figures in the README and the documentation, from the records in evals/records.

python -m evals figures --check                  do all pages and pictures say what the records say? exit code 1 if not
python -m evals figures --write                  fills the marked places of the pages, and draws the pictures
python -m evals figures --add RECORD.json        adds the record of a run, without its rows
python -m evals figures --run all                makes every record anew that needs no model, within an hour
python -m evals figures --run [NAME …]           makes these records anew; without names those of about a minute each
python -m evals figures --list                   how long each record takes, what it needs, and its command

With --resume DIR, --run keeps what it has made there: the same command goes on after it was stopped, and makes no
record twice. scripts/records does --run and then --write. COMPRESSKIT_PEERS is in evals/harness/peers.py.
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from evals.harness.data import DataError
from evals.report import reading
from evals.report.reading import RecordError

from . import filling, pictures, recipes, trimming

ROOT = Path(__file__).resolve().parents[3]
RECORDS, TEMPLATES = ROOT / "evals" / "records", Path(__file__).parent
PICTURES = Path("docs", "images")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Exit codes: 0 done, 1 a page or picture says something else (--check), 2 a record, a template or a
    page is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m evals figures",
        description=__doc__,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    one = parser.add_mutually_exclusive_group(required=True)
    one.add_argument("--check", action="store_true", help="compare the pages and pictures with the records")
    one.add_argument("--write", action="store_true", help="fill the pages and draw the pictures from the records")
    one.add_argument("--add", nargs="+", type=Path, metavar="RECORD.json", help="add the records of runs")
    one.add_argument("--run", nargs="*", metavar="NAME", help=_recipes())
    one.add_argument("--list", action="store_true", help="print every record with its time and its command")
    told = "for --run: keep journals and finished records in this folder, and go on from them"
    parser.add_argument("--resume", type=Path, metavar="DIR", help=told)
    parser.add_argument("--prompts", metavar="DIR", help="for --run: the prompts of SWE-bench, built before")
    parser.add_argument("--records", type=Path, default=RECORDS, metavar="DIR", help="the records (evals/records)")
    parser.add_argument("--root", type=Path, default=ROOT, metavar="DIR", help="the folder with README.md and docs/")
    given = parser.parse_args(arguments)
    try:
        return _done(given)
    except DataError as error:
        print(f"figures: {error}", file=sys.stderr)
        return 2


def _recipes() -> str:
    told = (f"{name} ({recipe.slow})" if recipe.slow else name for name, recipe in recipes.RECIPES.items())
    return f'make records anew; "all", or without names all that are not slow: {", ".join(told)}'


def pages(root: Path) -> list[Path]:
    """The files that may have marked places."""
    return [path for path in (root / "README.md", *sorted((root / "docs").rglob("*.md"))) if path.exists()]


def filled(root: Path, folder: Path) -> dict[Path, tuple[str, str]]:
    """For every page and picture what it says, and what it has to say."""
    records = {path.name.removesuffix(".json"): reading.read(path) for path in sorted(folder.glob("*.json"))}
    templates = {path.stem: path.read_text(encoding="utf-8") for path in sorted(TEMPLATES.glob("*.md"))}
    texts = {}
    for name, template in templates.items():
        try:
            texts[name] = filling.fill(template, records)
        except RecordError as error:
            raise RecordError(f"evals/report/readme/{name}.md: {error}") from error
    said = {path: path.read_text(encoding="utf-8") for path in pages(root)}
    filling.check_places(said.values(), texts)
    found = {path: (text, filling.replaced(text, texts)) for path, text in said.items()}
    for name, curve in pictures.PICTURES.items():
        path = root / PICTURES / f"{name}.svg"
        found[path] = (path.read_text(encoding="utf-8") if path.exists() else "", pictures.picture(curve, records))
    return found


def add(path: Path, folder: Path) -> Path:
    """Puts a record there, trimmed; where it is."""
    reading.read(path)  # a file that is no record, or a broken one, is an error before anything is written
    recipe = recipes.RECIPES.get(path.stem)
    record = trimming.trimmed(json.loads(path.read_text(encoding="utf-8")), recipe.figures if recipe else ())
    name = path.name if path.name.endswith(".json") else f"{path.name}.json"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(trimming.text(record), encoding="utf-8")
    return folder / name


def _done(given: argparse.Namespace) -> int:
    if given.add:
        for path in given.add:
            print(add(path, given.records))
        return 0
    if given.list:
        print(recipes.listing())
        return 0
    if given.run is not None:
        return _run(given)
    found = {path: texts for path, texts in filled(given.root, given.records).items() if texts[0] != texts[1]}
    if given.write:
        for path, (_, wanted) in found.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted, encoding="utf-8")
        return 0
    for path, (says, wanted) in found.items():
        name = path.relative_to(given.root).as_posix()
        print(
            "\n".join(difflib.unified_diff(says.splitlines(), wanted.splitlines(), name, "records", lineterm="", n=0))
        )
        print(f"figures: {name} differs from the records; run python -m evals figures --write", file=sys.stderr)
    return int(bool(found))


def _run(given: argparse.Namespace) -> int:
    names = recipes.chosen(given.run, given.prompts)
    left = sum(recipes.RECIPES[name].minutes for name in names)
    with _folder(given.resume) as folder:
        for name in names:
            print(f"figures: {name}, about {recipes.RECIPES[name].minutes:g} of {left:.0f} min", file=sys.stderr)
            left -= recipes.RECIPES[name].minutes
            finished, made = folder / f"{name}.json", folder / f"{name}.part.json"
            told = "made before"
            if not finished.exists():
                seconds = recipes.run(name, made, given.prompts, folder / f"{name}.jsonl" if given.resume else None)
                made.replace(finished)
                told = f"{seconds:.0f} s"
            print(f"{add(finished, given.records)} ({told})", flush=True)
    return 0


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    """The folder of a run: the one to keep, or a temporary one."""
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
