"""Runs the command line: ``python -m compresskit`` is ``compresskit``."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
