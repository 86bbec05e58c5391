"""Lets `python -m compresskit.cli` do what the installed command does."""

from .entry import main

main()
