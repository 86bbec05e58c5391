"""Lets `python -m compresskit.cli` do what the installed command does."""

from compresskit.cli.commands import main

main()
