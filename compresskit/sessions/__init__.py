"""Recorded conversations in the formats that agents and programs leave on disk.

Reads them only, and judges no message. The formats, each in a file: plain conversations, Claude Code, Codex, SWE-agent,
OpenHands, and logs of requests.
"""

from .reading import EXPECTED, Reading, find, homes, read, values
from .requests import chained
from .session import Reported, Session

__all__ = ["EXPECTED", "Reading", "Reported", "Session", "chained", "find", "homes", "read", "values"]
