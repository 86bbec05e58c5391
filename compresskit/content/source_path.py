"""Finds the path that a text was read from, in a hint (a path, a command, a call's arguments) or in its first line.

It also says whether a call asks for certain lines.

It reads words alone and opens no file.
"""

import re

_MAX_HINT = 4000  # characters of a hint that are read, which bounds the time
_ARGUMENT = re.compile(
    r'"(?:file_?path|path|file_?name|file|target_file|notebook_path|uri|url)"\s*:\s*"((?:[^"\\]|\\.){1,300})"',
    re.IGNORECASE,
)
_COMMAND = re.compile(r'"(?:command|cmd|script)"\s*:\s*"((?:[^"\\]|\\.){1,2000})', re.IGNORECASE)
_BARE = re.compile(r"[\w.~/\\:@+-]{1,300}")
_READ = re.compile(
    r"^\s*(?:cd \S+ *(?:&&|;) *)?(?:sudo )?(?:cat|head|tail|less|more|nl|bat|sed -n|open|view)\b[^|;&<>]*?"
    r"\s([\w.~/@+-]+\.\w+)\s*(?:[|;&]|$)"
)
_FIRST_LINE = re.compile(
    r"(?:\[?File:?|The file|Contents? of|#+|//+|--|/\*|<!--|;+|=+>?|>+|<(?:file|document)[^\n]*?=[\"'])[ \t`\"']*"
    r"((?:[A-Za-z]:)?[\w.~/\\@+-]{1,300}\.\w{1,12})(?![\w(])[ \t`\"']*(?:$|[\])>*=<\r-]|:$|has been|\()",
    re.MULTILINE,
)

_RANGE = re.compile(  # arguments that say where a read ends, and a range of lines for sed
    r'"(?:limit|view_?range|line_?range|line_?count|num_?lines|line_?end|end_?line\w*)"\s*:\s*"?[\[\d]'
    r"|\bsed -n [\"'\\]*\d+,\d+p",
    re.IGNORECASE,
)


def path_of(text: str, hint: str) -> str:
    """The path of the file whose content the text seems to be; "" if there is none, or more than one.

    >>> path_of("", '{"file_path": "/src/a.py"}'), path_of("# lib/b.py\\nimport re", ""), path_of("", "ls a.py b.py")
    ('/src/a.py', 'lib/b.py', '')
    """
    hint = hint[:_MAX_HINT]
    if match := _ARGUMENT.search(hint):
        return match[1].replace("\\\\", "\\")
    bare = hint.strip()
    if bare and _BARE.fullmatch(bare) and ("/" in bare or "." in bare):
        return bare
    if match := _READ.match(command_of(hint)):
        return match[1]
    match = _FIRST_LINE.match(text, 0, 400)
    return match[1] if match else ""


def asks_for_lines(call: str) -> bool:
    """Whether a call asks for certain lines of a file, rather than for all of it or for what is at one of its ends.

    >>> asks_for_lines('{"path": "a.py", "limit": 30}'), asks_for_lines("sed -n '1,40p' a.py")
    (True, True)
    >>> asks_for_lines('{"path": "a.py"}'), asks_for_lines("head -40 a.py")
    (False, False)
    """
    return _RANGE.search(call[:_MAX_HINT]) is not None


def command_of(hint: str) -> str:
    r"""The command in a hint as it was typed; "" if there is none.

    >>> command_of('{"command": "grep -n \\"x\\" a.py"}')
    'grep -n "x" a.py'
    """
    if match := _COMMAND.search(hint[:_MAX_HINT]):
        return match[1].replace('\\"', '"').replace("\\n", " ").replace("\\\\", "\\")
    return "" if hint.lstrip()[:1] in ("{", "[") else hint[:_MAX_HINT].strip()
