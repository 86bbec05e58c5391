"""OpenTelemetry: spans and metrics of compressions, retrievals and answers. Needs ``compresskit[otel]``.

``enable()`` is the only switch, for the SDK, the clients and the proxy. The package uses the OpenTelemetry API alone:
the application owns the SDK and its exporters. No span and no metric holds text of a conversation. Re-exports only.
"""

from .switch import disable, enable

__all__ = ["disable", "enable"]
