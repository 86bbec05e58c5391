"""Lets `python -m evals.report` do what `python -m evals report` does."""

import sys

from .command import main

if __name__ == "__main__":
    sys.exit(main())
