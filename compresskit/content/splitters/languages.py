"""language(): the language of source code, from its path or else from its text, as ast-grep names its grammars.

The text decides only if it is clear. Swift is left out: its grammar took three minutes for 3,000 characters of another
language.
"""

import re

_SAMPLE = 4096  # characters at the beginning that decide about the language
_EXTENSIONS = {
    "javascript": "js jsx mjs cjs",
    "typescript": "ts mts cts",
    "tsx": "tsx",
    "go": "go",
    "rust": "rs",
    "java": "java",
    "c": "c",
    "cpp": "cc cpp cxx hpp hh hxx ino",
    "csharp": "cs",
    "ruby": "rb rake gemspec",
    "php": "php",
    "kotlin": "kt kts",
    "scala": "scala sc",
    "bash": "sh bash bats",
    "lua": "lua",
}
_LANGUAGES = {extension: name for name, extensions in _EXTENSIONS.items() for extension in extensions.split()}
_CPP = re.compile(r"^[ \t]*(?:class\s+\w|namespace\b|template\s*<|public:|private:|using\s)|\bstd::", re.MULTILINE)
_SHELL = re.compile(r"#!.*\b(?:ba|da|z|k)?sh\b")
_INTERPRETERS = {"node": "javascript", "ruby": "ruby", "php": "php", "deno": "typescript", "lua": "lua"}
_SIGNS = {  # patterns at the starts of lines; all patterns of a language must match
    "php": (r"<\?php\b",),
    "go": (r"package \w+[ \t]*\r?$", r"(?:func |import [\"(]|type \w+ (?:struct|interface))"),
    "rust": (
        r"(?:use [\w:]+(?:::|;)|#!?\[\w|mod \w+;)",
        r"[ \t]*(?:pub(?:\(\w+\))? )?(?:async )?(?:fn \w+[<(]|impl\b)",
    ),
    "java": (
        r"(?:package|import(?: static)?) [\w.*]+;",
        r"[ \t]*(?:public |final |abstract )*(?:class|interface|enum) \w",
    ),
    "csharp": (r"using [\w.]+;", r"[ \t]*(?:namespace [\w.]+|(?:public|internal) [\w ]*(?:class|interface|struct) \w)"),
    "cpp": (r"#[ \t]*include [<\"]", r"(?:class \w|namespace\b|template ?<|using |[^\n]*std::)"),
    "c": (r"#[ \t]*include [<\"]", r"(?:[\w*]+ )+\*?\w+\([^;\n]*\)?\s*\{?[ \t]*\r?$"),
    "typescript": (r"(?:import|export) [^\n]*", r"(?:export )?(?:interface \w+ \{|type \w+ =)"),
    "javascript": (
        r"(?:import [^\n]* from ['\"]|['\"]use strict['\"]|(?:const|var|let) [^\n]*= ?require\()",
        r"(?:export )?(?:default )?(?:async )?(?:function\b|class \w+[^\n]*\{|const \w+ = |module\.exports)",
    ),
    "ruby": (
        r"(?:require |require_relative |module [A-Z]|class [A-Z])[^\n;{]*$",
        r"[ \t]*def [\w.?!]+",
        r"[ \t]*end\r?$",
    ),
}
_PATTERNS = {name: [re.compile("^" + sign, re.MULTILINE) for sign in signs] for name, signs in _SIGNS.items()}


def language(path: str, text: str) -> str:
    """The language of source code; "" if it is not clear, or if there is no grammar for it.

    >>> language("src/main.go", ""), language("", "#!/bin/sh\\nset -e\\n"), language("a.css", "b {}")
    ('go', 'bash', '')
    """
    extension = path.rpartition(".")[2].lower() if "." in path else ""
    sample = text[:_SAMPLE].removeprefix("\ufeff")
    if extension == "h":
        return "cpp" if _CPP.search(text, 0, 4 * _SAMPLE) else "c"
    if extension in _LANGUAGES:
        return _LANGUAGES[extension]
    if extension and "/" not in extension:
        return ""  # the extension of another language, or of no language
    if sample.startswith("#!"):
        first = sample.partition("\n")[0]
        word = re.split(r"[/ ]", first.strip())[-1]
        return "bash" if _SHELL.match(first) else _INTERPRETERS.get(word, "")
    return next((name for name, signs in _PATTERNS.items() if all(sign.search(sample) for sign in signs)), "")
