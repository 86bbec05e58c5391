"""An MCP server of short results, and one that shortens the results of another server. Re-exports only."""

from .._lazy import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .server import new_server as new_server
    from .settings import Settings as Settings
    from .wrapping import wrapping_server as wrapping_server

__getattr__, __dir__, __all__ = lazy(
    __name__, {"server": "new_server", "settings": "Settings", "wrapping": "wrapping_server"}
)
