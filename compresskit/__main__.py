"""Runs the command line: ``python -m compresskit`` is ``compresskit``."""

from .cli import main

if __name__ == "__main__":
    main()
