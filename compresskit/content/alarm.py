"""Words of failure, in lines of logs and other output. What they are about is not read."""

import re

ALARM = re.compile(
    r"error|fail|fatal|panic|exception|critical|abort|denied|refused|timed? ?out|unreachable|corrupt|invalid"
    r"|killed|overflow|crash|traceback|warn",
    re.IGNORECASE,
)
EXIT = re.compile(r"\bexit(?:ed)?(?: with)?(?: (?:code|status))?[ :=]{1,3}-?[1-9]", re.IGNORECASE)  # not with 0
