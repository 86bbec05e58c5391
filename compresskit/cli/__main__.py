"""Lets `python -m compresskit.cli` do what the installed command does."""

from .commands import main

main()
