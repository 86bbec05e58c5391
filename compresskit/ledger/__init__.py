"""A ledger of what compression costs and saves: one line of JSON for every request, chained by SHA-256.

It holds counts, prices, amounts, the model's name and the name that the caller gives the conversation; never
text of a conversation. Several processes may write to one file. Amounts are whole micro-dollars, of input
tokens only: output tokens are not counted. Re-exports only.

What would have been paid without compression is counted low: what the conversation sent before is taken to be
in the provider's cache, whatever time has passed, and retrievals are deducted in full.
"""

from .entry import Entry
from .file import Ledger, Verdict, entries, verify

__all__ = ["Entry", "Ledger", "Verdict", "entries", "verify"]
