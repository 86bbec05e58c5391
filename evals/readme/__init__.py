"""`python -m evals figures`: the README's figures, out of the records in evals/records.

Re-exports only. The templates beside this file (NAME.md) are what stands in the README between
`<!-- figures: NAME -->` and `<!-- end of figures -->`, with places for figures.
"""

from .command import main

__all__ = ["main"]
