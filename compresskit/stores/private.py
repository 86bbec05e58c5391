"""Folders for one user alone, in which originals are kept."""

from __future__ import annotations

from pathlib import Path


def make_folder(folder: Path) -> None:
    """Makes a folder and those above it that are missing, for this user only (0700). Others stay as they are."""
    for each in reversed([folder, *folder.parents]):
        try:
            each.mkdir(mode=0o700)
        except FileExistsError:
            continue
        each.chmod(0o700)  # mkdir's mode is less the umask, which may take away too much
