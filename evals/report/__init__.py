"""`python -m evals report`: one self-contained HTML page from records of runs; and all charts of the evals.

Re-exports only. Reads records through `reading.py`, draws with `charts.py`; measures nothing. `readme` fills the pages
of the documentation (`python -m evals figures`).
"""

from .command import main
from .page import page

__all__ = ["main", "page"]
