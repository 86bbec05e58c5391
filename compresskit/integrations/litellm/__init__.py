"""The LiteLLM proxy's callback: ``callbacks: compresskit.integrations.litellm.handler`` in its config.yaml.

``handler`` is made when the proxy first asks for it, with the settings of ``callback_settings.compresskit`` of the
same config. See ``settings`` for them, ``hooks`` for what happens to a request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .hooks import Handler

    handler: Handler

__all__ = ["handler"]


def __getattr__(name: str) -> object:
    if name != "handler":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import litellm

    from .hooks import Handler
    from .settings import Settings

    made = Handler(Settings.of(litellm.callback_settings.get("compresskit")))
    globals()[name] = made
    return made
