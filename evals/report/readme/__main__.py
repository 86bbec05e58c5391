"""Lets `python -m evals.report.readme` do what `python -m evals figures` does."""

import sys

from .command import main

if __name__ == "__main__":
    sys.exit(main())
