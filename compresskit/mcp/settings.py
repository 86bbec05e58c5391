"""Settings of an MCP server."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..retrieval import MAX_TOKENS
from ..rules import Rule
from ..types import Store


@dataclass(frozen=True)
class Settings:
    """How an MCP server answers.

    Attributes:
        roots: The folders that may be read if the client names none.
        confined: Whether folders that the client names must be inside ``roots``.
        allow: The names of the programs that may be run.
        max_tokens: The tokens of a result.
        rules: What may happen to which texts; ``tool`` is the first word of a command, or the tool of a wrapped server.
        token_factor: The tokens of the client's model for each token that is counted.
        store: Keeps originals for longer than the process; None if they are only in memory.
    """

    roots: tuple[Path, ...] = field(default_factory=lambda: (Path.cwd(),))
    confined: bool = False
    allow: tuple[str, ...] = ()
    max_tokens: int = MAX_TOKENS
    rules: tuple[Rule, ...] = ()
    token_factor: float = 1.0
    store: Store | None = None

    @property
    def counted_tokens(self) -> int:
        """The tokens of a result as they are counted here."""
        return max(1, int(self.max_tokens / self.token_factor))
