"""Reads files of a git repository at a commit without a checkout.

Repositories are found in a folder, under the names that clones of GitHub repositories usually have, or
cloned into it when the caller asks for that. Nothing else touches the network.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from evals.harness.data import DataError


class Blob(NamedTuple):
    """A file of a commit."""

    path: str
    name: str  # git's hash of the content: the same text in every commit has the same


class Repository:
    """A git directory, bare or not."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def has(self, commit: str) -> bool:
        """Whether the commit is there."""
        return _git(self.place, "cat-file", "-e", f"{commit}^{{commit}}").returncode == 0

    def files(self, commit: str, ending: str = ".py") -> list[Blob]:
        """The files of a commit whose path ends so."""
        listing = _git(self.place, "ls-tree", "-r", "-z", "--full-tree", commit).stdout
        entries = (entry.split("\t", 1) for entry in listing.decode("utf-8", "replace").split("\0") if entry)
        return [
            Blob(path, meta.split()[2])
            for meta, path in entries
            if meta.split()[1] == "blob" and not meta.startswith("120000") and path.endswith(ending)
        ]

    def texts(self, names: Sequence[str]) -> Iterator[str]:
        """The texts of blobs, in order."""
        output = _git(self.place, "cat-file", "--batch", given="\n".join(names).encode()).stdout
        start = 0
        for _ in names:
            head_end = output.index(b"\n", start)
            size = int(output[start:head_end].split()[2])
            yield output[head_end + 1 : head_end + 1 + size].decode("utf-8", "replace")
            start = head_end + size + 2


def find(folder: Path, repository: str, commit: str, clone_from: str | None = None) -> Repository:
    """The clone of `owner/name` in the folder that has the commit; a new one where there is none and it may be cloned.

    A clone is looked for in owner/name, owner__name, owner+name and name (each also with .git, and also when something
    stands before it, as in swe-bench__owner__name), and there in itself, in .git and in repo.
    """
    for place in _places(folder, repository):
        found = Repository(place)
        if found.has(commit):
            return found
    if clone_from is None:
        raise DataError(
            f"{repository} with commit {commit[:12]} is not in {folder}: clone it there, or use --clone-from."
        )
    return _clone(folder, repository, commit, clone_from)


def _places(folder: Path, repository: str) -> Iterator[Path]:
    owner, name = repository.split("/")
    endings = (f"{owner}__{name}", f"{owner}+{name}")
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    near = [entry for entry in entries if entry.name.removesuffix(".git").endswith(endings)]
    for base in [folder / owner / name, folder / owner / f"{name}.git", *near, folder / name, folder / f"{name}.git"]:
        for place in (base, base / "repo", base / ".git"):
            if (place / "HEAD").is_file() or (place / ".git").exists():
                yield place


def _clone(folder: Path, repository: str, commit: str, clone_from: str) -> Repository:
    place = folder / repository.replace("/", "__")
    folder.mkdir(parents=True, exist_ok=True)
    source = f"{clone_from.rstrip('/')}/{repository}.git"
    done = subprocess.run(["git", "clone", "--quiet", "--bare", source, str(place)], capture_output=True, check=False)
    if done.returncode != 0 or not Repository(place).has(commit):
        why = done.stderr.decode("utf-8", "replace").strip() or f"commit {commit[:12]} is not in it"
        raise DataError(f"could not clone {source}: {why}")
    return Repository(place)


def _git(place: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", "-C", str(place), *arguments], input=given, capture_output=True, check=False)
