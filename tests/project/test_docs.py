"""The documentation builds without a warning, every link in it leads somewhere, and ARCHITECTURE.md is true.

What ARCHITECTURE.md names is looked for in the code: packages, files, functions, tests and the import table.
"""

import ast
import dataclasses
import os
import re
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from compresskit import Compressed

ROOT = next(folder for folder in Path(__file__).parents if (folder / "pyproject.toml").exists())
OUTSIDE = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "evals/README.md",
]  # pages that are not part of the site
MAX_README_LINES = 150
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


class Page(HTMLParser):
    """The links of an HTML page, what it loads, and the ids that a link can lead to."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loaded = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids.update(found[name] for name in ("id", "name") if found.get(name))
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        if tag in ("script", "img", "source") and found.get("src"):
            self.loaded.append(found["src"])
        if tag == "link" and found.get("href"):
            self.loaded.append(found["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},  # an advertisement of the theme for its successor
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "WARNING" not in done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def built(site):
    return {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def test_every_page_is_built(built, site):
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    assert pages <= {path.relative_to(site) for path in built}


def test_every_link_and_anchor_of_the_site_leads_somewhere(built, site):
    for path, page in built.items():
        if path.name == "404.html":  # its links are made for the root of a server
            continue
        for link in [*page.links, *page.loaded]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.exists(), f"{path.relative_to(site)} links to {link}"
            if parts.fragment and target.suffix == ".html":
                ids = built[target].ids
                assert unquote(parts.fragment) in ids, f"{path.relative_to(site)} links to {link}"


def test_the_site_loads_nothing_from_elsewhere(built, site):
    for path, page in built.items():
        assert not [one for one in page.loaded if urlsplit(one).netloc], path.relative_to(site)


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= MAX_README_LINES


def test_the_quick_start_names_every_extra():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    rows = re.findall(r"^\| (`.*?) \|", (ROOT / "docs" / "quickstart.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(name for row in rows for name in NAMED.findall(row)) == sorted(extras)


def test_the_page_of_options_names_every_field_of_the_result():
    page = (ROOT / "docs" / "options.md").read_text(encoding="utf-8")
    named = {name for row in re.findall(r"^\| (`.*?) \|", page, re.MULTILINE) for name in NAMED.findall(row)}
    fields = {field.name for field in dataclasses.fields(Compressed)}
    properties = {name for name, value in vars(Compressed).items() if isinstance(value, property)}
    assert fields | properties <= named


def anchors(path):
    """The anchors that a forge makes of a page's headings."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in HEADING.findall(text)}


@pytest.mark.parametrize("name", OUTSIDE)
def test_every_link_of_a_page_outside_of_the_site_leads_somewhere(name):
    page = ROOT / name
    for link in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        parts = urlsplit(link)
        if parts.scheme:
            continue
        target = (page.parent / parts.path).resolve() if parts.path else page
        assert target.exists(), f"{name} links to {link}"
        if parts.fragment:
            assert parts.fragment in anchors(target), f"{name} links to {link}"


# --- ARCHITECTURE.md -------------------------------------------------------------------------------

PACKAGE = ROOT / "compresskit"
LAWS = 10
NAMED = re.compile(r"`([^`]+)`")
FIGURE = re.compile(r"\d\.\d\d")


def architecture():
    return (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def tables():
    """The rows of every table of the page, as lists of cells, by the first cell of its head."""
    found = {}
    for table in re.findall(r"(?:^\|.*\n)+", architecture(), re.MULTILINE):
        head, _, *rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()]
        found.setdefault(head[0], []).extend(rows)
    return found


def names_of_tests():
    """The names of all test functions, by the name of their file, in whatever folder it is."""
    found = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        found.setdefault(path.name, set()).update(node.name for node in nodes if isinstance(node, ast.FunctionDef))
    return found


def test_the_architecture_describes_every_package_and_file_at_the_root():
    named = {
        name.rstrip("/") for table in ("package", "file") for row in tables()[table] for name in NAMED.findall(row[0])
    }
    there = {path.name for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert named == there - {"__init__.py"}


def test_the_architecture_names_only_files_that_exist():
    for name in re.findall(r"`((?:\w+/)*\w+\.py)`", architecture()):
        folder, _, base = name.rpartition("/")
        there = (PACKAGE / name).exists() if folder else any(ROOT.glob(f"[cte]*/**/{base}"))
        assert there, f"ARCHITECTURE.md names {name}, which is not there"


def test_the_architecture_has_the_import_table_of_the_tests():
    (path,) = (ROOT / "tests").rglob("test_imports.py")
    nodes = ast.parse(path.read_text(encoding="utf-8")).body
    assigned = {ast.unparse(node.targets[0]): node.value for node in nodes if isinstance(node, ast.Assign)}
    layers = [{name or "__init__" for name in layer} for layer in ast.literal_eval(assigned["LAYERS"])]
    assert [set(NAMED.findall(row[1])) for row in tables()["line"]] == layers


def test_the_architecture_says_where_things_really_are():
    rows = tables()["question"]
    assert len(rows) >= 20
    for question, files, names in rows:
        texts = "\n".join((PACKAGE / file).read_text(encoding="utf-8") for file in NAMED.findall(files))
        for name in NAMED.findall(names):
            defined = re.search(rf"^\s*(?:(?:async )?def |class )?{name}\b\s*[(:=\[]", texts, re.MULTILINE)
            assert defined, f"{question}: {files} do not define {name}"


def test_every_law_in_the_architecture_has_tests_that_exist():
    found = names_of_tests()
    numbers = []
    for law, file, names in tables()["law"]:
        numbers.append(int(law.split()[0]))
        there = found.get(file.strip("`"), set())
        assert NAMED.findall(names), law
        assert [name for name in NAMED.findall(names) if name not in there] == [], f"{law}: not in {file}"
    assert sorted(set(numbers)) == list(range(1, LAWS + 1))
    everywhere = set().union(*found.values())
    assert [name for name in re.findall(r"`(test_\w+)`", architecture()) if name not in everywhere] == []


def test_the_figures_of_options_in_the_architecture_are_on_the_pages_that_they_name():
    """Those pages are filled from the records, and another test compares them."""
    rows = [row for row in tables()["mechanism"] if LINK.search(row[-1])]
    assert rows
    for row in rows:
        page = (ROOT / urlsplit(LINK.search(row[-1])[1]).path).read_text(encoding="utf-8")
        assert [figure for figure in FIGURE.findall(row[1]) if figure not in page] == [], row[0]
