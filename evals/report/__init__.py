"""`python -m evals report`: one self-contained HTML page from records of runs.

Re-exports only. Reads records through `reading.py`; measures nothing.
"""

from .command import main
from .page import page

__all__ = ["main", "page"]
