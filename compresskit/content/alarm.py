"""Finds words of failure in lines of logs and other output. It does not read what failed."""

import re

# Both patterns search the lower-case text, which is many times faster than a search that ignores case.
_ALARM = re.compile(
    r"error|fail|fatal|panic|exception|critical|abort|denied|refused|timed? ?out|unreachable|corrupt|invalid"
    r"|killed|overflow|crash|traceback|warn"
)
_EXIT = re.compile(r"\bexit(?:ed)?(?: with)?(?: (?:code|status))?[ :=]{1,3}-?[1-9]")  # any exit code but 0


def alarms(text: str) -> bool:
    """Whether a text contains a word of failure.

    >>> alarms("2 tests FAILED"), alarms("2 tests passed")
    (True, False)
    """
    return _ALARM.search(text.lower()) is not None


def alarms_or_exits(text: str) -> bool:
    """Whether a text contains a word of failure or an exit code other than 0.

    >>> alarms_or_exits("exited with code 2"), alarms_or_exits("exit code: 0")
    (True, False)
    """
    low = text.lower()
    return _ALARM.search(low) is not None or ("exit" in low and _EXIT.search(low) is not None)
