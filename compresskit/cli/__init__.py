"""The command line: compresskit compress, show, restore, retrieve, bill, doctor, ledger, recipes, pipe, run, hook.

It only re-exports, at first use. The commands read and write files, and the library decides about texts.
"""

from .._lazy import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .commands import cli as cli
    from .entry import main as main

__getattr__, __dir__, __all__ = lazy(__name__, {"commands": "cli", "entry": "main"})
