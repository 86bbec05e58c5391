"""The command line: compresskit compress, show, restore, retrieve, bill, doctor, ledger.

Re-exports only. Reads and writes files; every decision about a conversation is the library's.
"""

from .commands import cli, main

__all__ = ["cli", "main"]
