"""The tables of releases in the documentation have the lower bounds of pyproject.toml."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "scripts"))
import try_releases  # noqa: E402  # a script is in no package


@pytest.mark.parametrize("page", sorted({row.page for row in try_releases.ROWS.values()}))
def test_a_page_names_the_oldest_release_that_an_extra_takes(page):
    packages, bounds = try_releases.packages_of(page), try_releases.bounds()
    releases = try_releases.noted(page)
    assert list(releases) == [(name, end) for name in packages for end in try_releases.ENDS], (
        "scripts/try_releases --write"
    )
    for name in packages:
        release = releases[name, "oldest"]
        assert release == try_releases.NONE or f"{release}.".startswith(f"{bounds[name]}."), name
