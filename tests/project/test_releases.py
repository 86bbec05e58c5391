"""The tables of releases in the documentation have the lower bounds of pyproject.toml."""

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
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    found = text.partition("<!-- releases -->")[2].partition("<!-- end of releases -->")[0]
    oldest = {name: release for name, release, _ in LINE.findall(found)}
    packages = [name for row in try_releases.ROWS.values() if row.page == page for name in row.packages]
    bounds = try_releases.bounds()
    assert list(oldest) == packages, "scripts/try_releases --write"
    for name, release in oldest.items():
        assert release == "–" or f"{release}.".startswith(f"{bounds[name]}."), name
