"""Finds words of failure and levels of severity in lines of logs and other output. It does not read what failed."""

import re

# Both patterns search the lower-case text, which is many times faster than a search that ignores case.
_ALARM = re.compile(
    r"(?:error|fail|fatal|panic|exception|critical|abort|denied|refused|timed? ?out|unreachable|corrupt|invalid"
    r"|killed|overflow|crash|traceback|warn)"
    # not in the name of a file, a package or a function: liberror-perl, libgpg-error0, errors.py, error_handling()
    # nor counted as zero: failed=0
    r"(?![a-z]{0,20}(?:[\d_]|::|[-/]\w|\.[a-z]{1,4}\b(?!\.)|['\"]?[:=] ?['\"]?0(?![\w.])))"
)
_EXIT = re.compile(r"\bexit(?:ed)?(?: with)?(?: (?:code|status))?[ :=]{1,3}-?[1-9]")  # any exit code but 0


def alarms(text: str) -> bool:
    """Whether a text contains a word of failure or an exit code other than 0.

    >>> alarms("2 tests FAILED"), alarms("2 tests passed"), alarms("unpacked liberror-perl"), alarms("errors: 0")
    (True, False, False, False)
    >>> alarms("exited with code 2"), alarms("exit code: 0")
    (True, False)
    """
    low = text.lower()
    return _ALARM.search(low) is not None or ("exit" in low and _EXIT.search(low) is not None)


# Levels as programs write them: a word in capitals, a word in brackets or behind level=, or glog's letter (E0416).
# The pattern begins with a set of letters, and asks behind a letter which one it was: so the search skips all others.
_LEVEL = re.compile(
    r"[ACDEFINPSTWls<\[](?:"
    r"(?<![\w.].)(?:((?<=T)RACE|(?<=D)EBUG|(?<=F)INE|(?<=I)NFO|(?<=N)OTICE)|((?<=W)ARN(?:ING)?)"
    r"|((?<=E)RR(?:OR)?|(?<=S)EVERE)|((?<=C)RIT(?:ICAL)?|(?<=F)ATAL|(?<=A)LERT|(?<=E)MERG|(?<=P)ANIC))\b"
    r"|(?:(?<=[\[<])|(?<!\w.)(?:(?<=l)(?:evel|vl)|(?<=s)everity)\"?[=:] ?\"?)"
    r"(?:(trace|debug|info|notice)|(warn(?:ing)?)|(err(?:or)?|severe)|(crit(?:ical)?|fatal|alert|emerg|panic))\b"
    r"|(?:((?<=^I))|((?<=^W))|((?<=^E))|((?<=^F)))\d{4} )"
)
_LEVELS = 4
_LEVEL_CHARACTERS = 160  # characters of a line that are searched for its level


def level_of(line: str) -> int | None:
    """The level of a line of a log, from 0 (INFO and below) to 3 (FATAL and above); None if it has none.

    >>> level_of("10:00:01 ERROR disk full"), level_of("[Sun Dec 04] [notice] resumed"), level_of("No error was found.")
    (2, 0, None)
    """
    found = _LEVEL.search(line, 0, _LEVEL_CHARACTERS)
    return None if found is None else ((found.lastindex or 1) - 1) % _LEVELS
