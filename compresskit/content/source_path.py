"""Finds the path that a text was read from, in a hint (a path, a command, a call's arguments) or in its first line.

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


def command_of(hint: str) -> str:
    r"""The command in a hint as it was typed; "" if there is none.

    >>> command_of('{"command": "grep -n \\"x\\" a.py"}')
    'grep -n "x" a.py'
    """
    if match := _COMMAND.search(hint[:_MAX_HINT]):
        return match[1].replace('\\"', '"').replace("\\n", " ").replace("\\\\", "\\")
    return "" if hint.lstrip()[:1] in ("{", "[") else hint[:_MAX_HINT].strip()
