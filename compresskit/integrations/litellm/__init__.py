"""The LiteLLM proxy's callback: ``callbacks: compresskit.integrations.litellm.handler`` in its config.yaml.

``handler`` is made when the proxy first asks for it, with the settings of ``callback_settings.compresskit`` of the
same config. ``settings.py`` defines the settings, and ``hooks.py`` processes the requests.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .hooks import Handler

    handler: Handler

__all__ = ["handler"]

_SECONDS = 1.0  # time in which a proxy that cannot start has ended


def __getattr__(name: str) -> object:
    if name != "handler":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import litellm

    from ...chat.policy import NAME
    from ...errors import CompresskitError
    from .hooks import Handler
    from .settings import Settings
    from .status import StatusPage

    try:
        made = Handler(Settings.of(litellm.callback_settings.get(NAME), _written().get(NAME), _file()))
    except CompresskitError:
        _hide_frames()
        raise
    proxy = sys.modules.get("litellm.proxy.proxy_server")
    if proxy is not None and made.ledger is not None:  # as LiteLLM adds the route of its own callback for Prometheus
        StatusPage(made.ledger).attach(vars(proxy)["app"])
    globals()[name] = made
    return made


def _written() -> dict[str, Any]:
    """``callback_settings`` as they are in the proxy's config file, {} if they cannot be read again."""
    with contextlib.suppress(Exception):  # a remote config, or another litellm: an error then names no variable
        import yaml

        with open(_file() or "", encoding="utf-8") as file:
            found: dict[str, Any] = dict(yaml.safe_load(file)["callback_settings"])
            return found
    return {}


def _file() -> str | None:
    """The path of the proxy's config file; None if there is none."""
    return vars(sys.modules.get("litellm.proxy.proxy_server", sys)).get("user_config_file_path")


def _hide_frames() -> None:
    """Makes the proxy print an error in its settings without 370 lines of its own frames.

    The proxy does not start with wrong settings. If it goes on after all, tracebacks are as before.
    """
    with contextlib.suppress(RuntimeError):  # no loop, no startup
        loop = asyncio.get_running_loop()
        before = getattr(sys, "tracebacklimit", None)
        sys.tracebacklimit = 0
        loop.call_later(_SECONDS, setattr, sys, "tracebacklimit", before)
