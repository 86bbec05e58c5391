"""Settings of an MCP server."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..retrieval import MAX_TOKENS
from ..types import Store


@dataclass(frozen=True)
class Settings:
    """How an MCP server answers.

    Attributes:
        roots: The folders that may be read if the client names none.
        confined: Whether folders that the client names must be inside ``roots``.
        allow: The names of the programs that may be run.
        max_tokens: The tokens of a result.
        store: Keeps originals for longer than the process; None if they are only in memory.
    """

    roots: tuple[Path, ...] = field(default_factory=lambda: (Path.cwd(),))
    confined: bool = False
    allow: tuple[str, ...] = ()
    max_tokens: int = MAX_TOKENS
    store: Store | None = None
