"""The command line: compresskit compress, show, restore, retrieve, bill, doctor, ledger, recipes, pipe, run, hook.

It only re-exports, at first use. The commands read and write files, and the library decides about texts.
"""

from .._lazy import loader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .commands import cli
    from .entry import main

__all__ = ["cli", "main"]

__getattr__ = loader(__name__, {"cli": "commands", "main": "entry"})
