"""`python -m evals figures`: the figures in the README and the documentation, from the records in evals/records.

Re-exports only. A template beside this file (NAME.md) is the text between `<!-- figures: NAME -->` and
`<!-- end of figures -->` of a page, with places for figures.
"""

from .command import main

__all__ = ["main"]
