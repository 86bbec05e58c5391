"""The tables of releases have the lower bounds of pyproject.toml, and the two tables of wrappers say the same."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "scripts"))
import try_releases  # noqa: E402  # a script is in no package

LINE = re.compile(r"^\| ([\w-]+) \| ([\d.b]+|–) \| ([\d.b]+|–) \|$", re.MULTILINE)  # "–": not tried yet


@pytest.mark.parametrize("page", sorted({row.page for row in try_releases.ROWS.values()}))
def test_a_page_names_the_oldest_release_that_an_extra_takes(page):
    _, found, _ = try_releases.parts(f"docs/{page}.md", "releases")
    oldest = {name: release for name, release, _ in LINE.findall(found)}
    packages = [name for row in try_releases.ROWS.values() if row.page == page for name in row.packages]
    bounds = try_releases.bounds()
    assert list(oldest) == packages, "scripts/try_releases --write"
    for name, release in oldest.items():
        assert release == "–" or f"{release}.".startswith(f"{bounds[name]}."), name


def test_the_readme_has_the_wrappers_of_the_documentation():
    """If not: scripts/compare_wrappers --write."""
    whole, short = (
        [row.strip("| ").split(" | ") for row in try_releases.parts(page, "wrappers")[1].splitlines()]
        for page in ("docs/clients.md", "README.md")
    )
    assert short[0][1:3] == whole[0][-2:]
    for (title, ours, theirs), row in zip(whole[2:], short[2:], strict=True):
        ways = int(re.fullmatch(r"all (\d+) ways compressed", ours)[1])
        compressed, _, others = theirs.partition("; ") if theirs.startswith("compressed: ") else ("", "", theirs)
        missed = re.findall(r"`\w+`", others)
        number = compressed.count(", ") + 1 if compressed else 0
        assert row == [title, f"**{ways} of {ways}**", f"{number} of {ways}", ", ".join(missed) or "all"]
