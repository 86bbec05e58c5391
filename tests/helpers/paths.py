"""Where things are in the repository, and where the real data is: in place, never copied."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
HELPERS = ROOT / "tests" / "helpers"
SOURCES = HELPERS / "sources"  # code in languages other than Python
DATA = Path(os.environ.get("COMPRESSKIT_DATA") or ROOT.parent / "shared" / "data")
