"""Runs the tests of clients, adapters and local models with the oldest and the newest release of their packages.

Each run has a virtual environment of its own, which is thrown away. The oldest releases are the lower bounds in
pyproject.toml, so a bound that is not true fails here. With ``--write``, the releases that passed are noted in the
tables of the documentation, and those that failed are taken out of them.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# What the tests themselves need, beside the package that they are about.
NEEDED = ("pytest>=9", "hypothesis>=6.150")
LIST = "import importlib.metadata as m; [print(one.name, one.version) for one in m.distributions()]"
SECONDS = 1_800  # for each command
LINE = re.compile(r"^\| ([\w-]+) \| (\S+) \| (\S+) \|$", re.MULTILINE)  # of a table of releases
MARK = "releases"  # the name of the marks around the tables
NONE = "–"  # not tried, or not passed
ENDS = ("oldest", "newest")
Result = tuple[dict[str, str], bool, str]  # the releases, whether all tests passed, and what was said last
Releases = dict[tuple[str, str], str]  # by package and end


@dataclass(frozen=True)
class Row:
    """Packages that are tried together.

    Attributes:
        page: The page of the documentation whose table has them.
        packages: The packages, each with a lower bound in pyproject.toml.
        tests: Arguments of pytest.
        needs: What else these tests need.
    """

    page: str
    packages: tuple[str, ...]
    tests: tuple[str, ...]
    needs: tuple[str, ...] = ()


FRAMEWORKS = "tests/integrations/test_frameworks.py"
ROWS = {
    "clients": Row(
        "clients",
        ("openai", "anthropic", "google-genai"),
        ("tests/clients", "--ignore=tests/clients/test_odd_answers.py"),  # which is about hypothesis
        ("opentelemetry-sdk", "trio", "diskcache"),
    ),
    "otel": Row(
        "telemetry",
        ("opentelemetry-api", "opentelemetry-sdk", "opentelemetry-exporter-prometheus"),
        ("tests/telemetry", "--ignore=tests/telemetry/test_telemetry_proxy.py"),
        ("openai", "anthropic", "google-genai"),
    ),
    "langchain": Row(
        "frameworks",
        ("langchain", "langchain-core", "langgraph"),
        ("tests/integrations/test_langchain.py",),
        ("opentelemetry-sdk",),
    ),
    "langchain-openai": Row(
        "frameworks",
        ("langchain-openai",),
        (FRAMEWORKS, "-k", "langchain"),
        ("opentelemetry-sdk", "openai", "langchain"),
    ),
    "deepagents": Row(
        "frameworks", ("deepagents",), (FRAMEWORKS, "-k", "deep_agent"), ("opentelemetry-sdk", "langchain-openai")
    ),
    "pydantic-ai": Row(
        "frameworks",
        ("pydantic-ai-slim",),
        ("tests/integrations/test_pydantic_ai.py", FRAMEWORKS, "-k", "pydantic"),
        ("opentelemetry-sdk", "openai"),
    ),
    "agents": Row("frameworks", ("openai-agents",), (FRAMEWORKS, "-k", "agents_sdk"), ("opentelemetry-sdk", "openai")),
    "llamaindex": Row(
        "frameworks",
        ("llama-index-core",),
        ("tests/integrations/test_llamaindex.py",),
        # LlamaIndex's LLM of Anthropic passes an argument that the SDK has only before 1.0
        (
            "opentelemetry-sdk",
            "anthropic<1",
            *(f"llama-index-llms-{name}" for name in ("anthropic", "litellm", "openai")),
        ),
    ),
    "mcp": Row("agents", ("mcp",), ("tests/mcp",)),
    "models": Row(
        "shrinking",
        ("llmlingua", "transformers"),
        ("tests/shrink/test_llmlingua.py", "tests/embedders/test_cross_encoder.py"),
        ("torch==2.13.0", "safetensors", "tokenizers"),  # torch as in scripts/install
    ),
}


def bounds() -> dict[str, str]:
    """The lower bound of each package that an extra names."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    found = (re.match(r"([\w-]+)(?:\[[\w,-]+\])?>=([\w.]+)", one) for extra in extras.values() for one in extra)
    return {match[1]: match[2] for match in found if match}


def wanted(row: Row, end: str) -> list[str]:
    """What pip is asked for: the lower bounds, or the newest release."""
    if end == "newest":
        return list(row.packages)
    lowest = bounds()
    return [f"{name}=={lowest[name]}" for name in row.packages]


def environment(folder: Path, needs: Sequence[str]) -> tuple[Path, dict[str, str], str]:
    """A virtual environment with compresskit and other packages: its Python, the releases in it, and pip's error."""
    python = folder / "bin" / "python"
    fast = shutil.which("uv")  # does the same as pip in a tenth of the time
    if not python.exists():
        venv.create(folder, with_pip=not fast)
    install = [fast, "pip", "install", "--python", str(python)] if fast else [str(python), "-m", "pip", "install"]
    done = ran([*install, "--quiet", str(ROOT), *needs])
    if done.returncode:
        return python, {}, done.stderr.strip()[-2_000:]
    listed = ran([str(python), "-c", LIST]).stdout
    return python, dict(line.split() for line in listed.splitlines()), ""


def tried(row: Row, end: str, folder: Path) -> Result:
    """The releases, whether all tests passed, and the last line of pytest or pip."""
    python, releases, wrong = environment(folder, [*NEEDED, *row.needs, *wanted(row, end)])
    if wrong:
        return {}, False, wrong
    # warnings of other packages are no faults of ours
    done = ran([str(python), "-m", "pytest", "-q", "-x", "-W", "default", "--disable-warnings", *row.tests])
    if done.returncode:
        print(done.stdout[-6_000:], file=sys.stderr)
    lines = done.stdout.strip().splitlines() or [done.stderr[-500:]]
    return {name: releases[name] for name in row.packages}, not done.returncode, lines[-1]


def ran(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Runs a command in the root of the repository."""
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def packages_of(page: str) -> list[str]:
    """The packages in the table of a page of the documentation."""
    return [package for row in ROWS.values() if row.page == page for package in row.packages]


def noted(page: str) -> Releases:
    """The releases in the table of a page of the documentation."""
    found = LINE.findall(parts(f"docs/{page}.md", MARK)[1])[2:]  # without the two lines of the head
    return {(line[0], end): release for line in found for end, release in zip(ENDS, line[1:], strict=True)}


def table(page: str, releases: Releases) -> str:
    """The table of a page of the documentation."""
    lines = [f"| package | {' | '.join(ENDS)} |", "| --- | --- | --- |"]
    for package in packages_of(page):
        lines.append(f"| {package} | {' | '.join(releases.get((package, end), NONE) for end in ENDS)} |")
    return "\n".join(lines) + "\n"


def parts(page: str, name: str) -> tuple[str, str, str]:
    """The text of a page before, between and behind its marks of this name. The marks are in the first and the last."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, _, rest = (ROOT / page).read_text(encoding="utf-8").partition(begin)
    if not rest:
        raise SystemExit(f"{page} has no line {begin.strip()}")
    between, _, behind = rest.partition(end)
    return before + begin, between, end + behind


def write(page: str, name: str, text: str) -> None:
    """Puts a table between the marks of a page, such as README.md."""
    before, _, behind = parts(page, name)
    (ROOT / page).write_text(before + text + behind, encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of {', '.join(ROWS)} (all)")
    parser.add_argument("--end", choices=ENDS, help="only this end")
    parser.add_argument("--write", action="store_true", help="note the releases in docs/")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the environments there, and use them again")
    given = parser.parse_args()
    if unknown := set(given.names) - set(ROWS):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    results: dict[tuple[str, str], Result] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for name in given.names or ROWS:
            for end in [given.end] if given.end else ENDS:
                folder = (given.keep or Path(temporary)) / f"{name}-{end}"
                releases, passed, said = results[name, end] = tried(ROWS[name], end, folder)
                told = ", ".join(f"{package} {release}" for package, release in releases.items())
                print(f"{'ok    ' if passed else 'FAILED'} {name}, {end}: {told}: {said}", flush=True)
    if given.write:
        for page in {ROWS[name].page for name, _ in results}:
            new = {
                (package, end): releases[package] if passed else NONE
                for (name, end), (releases, passed, _) in results.items()
                for package in ROWS[name].packages
                if ROWS[name].page == page
            }
            write(f"docs/{page}.md", MARK, table(page, {**noted(page), **new}))
    return int(not all(passed for _, passed, _ in results.values()))


if __name__ == "__main__":
    sys.exit(main())
