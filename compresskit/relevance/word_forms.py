"""Other forms of a word: its inflections, the short forms that developers write, and words that begin with it.

Rules of English and a table of abbreviations, no dictionary: a form that does not exist costs a place in a table, and
finds nothing. Words that only begin alike are found in every script that puts spaces between words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from . import weights as tuning

_VOWELS = frozenset("aeiou")
MIN_STEM = 3  # letters that remain of a word without its ending, minimum
MIN_PREFIX = 4  # letters of a short form that no table names, minimum
_MIN_REST = 3  # letters that the long form has more, minimum

# The short form and the words that it stands for.
_ABBREVIATIONS = {
    "abbr": "abbreviation", "acct": "account", "addr": "address", "admin": "administrator administration",
    "alloc": "allocate allocation allocator", "amt": "amount", "api": "interface", "app": "application",
    "approx": "approximate approximately", "arch": "architecture", "arg": "argument", "args": "arguments",
    "arr": "array", "assoc": "association", "async": "asynchronous", "attr": "attribute", "attrs": "attributes",
    "auth": "authentication authorization authenticate authorize authenticated authorized",
    "authn": "authentication", "authz": "authorization", "avg": "average", "bg": "background", "bin": "binary",
    "bool": "boolean", "btn": "button", "buf": "buffer", "calc": "calculate calculation", "cb": "callback",
    "cert": "certificate", "cfg": "configuration config", "char": "character", "chars": "characters",
    "cmd": "command", "cnt": "count", "col": "column", "cols": "columns", "conf": "configuration config",
    "config": "configuration configure configured", "conn": "connection", "const": "constant",
    "coord": "coordinate", "cred": "credential", "creds": "credentials", "ctrl": "control controller",
    "ctx": "context", "cur": "current", "curr": "current", "db": "database", "dbs": "databases",
    "decl": "declaration", "def": "definition", "del": "delete", "dep": "dependency", "deps": "dependencies",
    "desc": "description descending", "dest": "destination", "dev": "development developer", "diff": "difference",
    "dim": "dimension", "dir": "directory", "dirs": "directories", "dist": "distance distribution",
    "doc": "document documentation", "docs": "documentation documents", "dst": "destination",
    "elem": "element", "env": "environment", "envs": "environments", "eq": "equal", "err": "error",
    "errs": "errors", "eval": "evaluate evaluation", "evt": "event", "exe": "executable", "exec": "execute execution",
    "expr": "expression", "ext": "extension", "fmt": "format", "fn": "function", "freq": "frequency",
    "func": "function", "funcs": "functions", "gen": "generate generator", "govt": "government", "hw": "hardware",
    "i18n": "internationalization", "id": "identifier", "idx": "index", "img": "image", "impl": "implementation",
    "inc": "increment", "info": "information", "init": "initialize initialization", "int": "integer", "intl":
    "international", "iter": "iterator iteration", "k8s": "kubernetes", "l10n": "localization", "lang": "language",
    "lat": "latitude", "len": "length", "lib": "library", "libs": "libraries", "lng": "longitude", "loc": "location",
    "lon": "longitude", "lvl": "level", "maint": "maintenance", "max": "maximum", "mem": "memory", "mgmt":
    "management", "mgr": "manager", "min": "minimum", "misc": "miscellaneous", "mod": "module modification",
    "msg": "message", "msgs": "messages", "mul": "multiply", "net": "network", "num": "number", "obj": "object",
    "op": "operation", "ops": "operations", "opt": "option optional", "opts": "options", "org": "organization",
    "orig": "original", "param": "parameter", "params": "parameters", "perf": "performance", "perm": "permission",
    "perms": "permissions", "pic": "picture", "pkg": "package", "pkgs": "packages", "pos": "position", "pref":
    "preference", "prefs": "preferences", "prev": "previous", "proc": "process procedure", "prod": "production product",
    "prop": "property", "props": "properties", "proto": "protocol prototype", "ptr": "pointer", "pwd": "password",
    "qty": "quantity", "rand": "random", "recv": "receive", "ref": "reference", "refs": "references",
    "regex": "expression", "rel": "relative release", "repo": "repository", "repos": "repositories", "req":
    "request require requirement", "res": "response result", "resp": "response", "ret": "return", "rm": "remove",
    "sched": "schedule scheduler", "sec": "second security", "sep": "separator", "seq": "sequence", "sig":
    "signature signal", "spec": "specification", "specs": "specifications", "src": "source", "srv": "server service",
    "stat": "status statistic", "stats": "statistics", "std": "standard", "stmt": "statement", "str": "string",
    "svc": "service", "sync": "synchronize synchronous synchronization", "sys": "system", "tbl": "table",
    "temp": "temporary temperature", "tmp": "temporary", "tok": "token", "ts": "timestamp", "txn": "transaction",
    "txt": "text", "ui": "interface", "univ": "university", "usr": "user", "util": "utility", "utils": "utilities",
    "val": "value", "vals": "values", "var": "variable", "vars": "variables", "vec": "vector", "ver": "version",
    "vs": "versus", "win": "window", "xfer": "transfer",
}  # fmt: skip
_LONG = {short: tuple(long.split()) for short, long in _ABBREVIATIONS.items()}
_SHORT: dict[str, tuple[str, ...]] = {}
for _short, _words in _LONG.items():
    for _word in _words:
        _SHORT[_word] = (*_SHORT.get(_word, ()), _short)


def inflections(word: str) -> list[str]:
    """Other forms of an English word, plausible ones among them that do not exist; none of other words.

    >>> inflections("reverted")[:4], "cache" in inflections("caching"), "stop" in inflections("stopped")
    (['revert', 'reverts', 'reverting', 'reverte'], True, True)
    >>> "policies" in inflections("policy"), inflections("für"), inflections("3rd")
    (True, [], [])
    """
    if len(word) < MIN_STEM + 1 or not (word.isascii() and word.isalpha()):
        return []
    found = dict.fromkeys(form for stem in _stems(word) for form in _forms(stem))
    return [form for form in found if form != word]


def abbreviated(word: str) -> tuple[str, ...]:
    """The words that a word abbreviates, and its abbreviations.

    >>> abbreviated("db"), abbreviated("repository"), abbreviated("cat")
    (('database',), ('repo',), ())
    """
    return _LONG.get(word, ()) + _SHORT.get(word, ())


def beginnings(word: str) -> Iterator[str]:
    """The short forms that a long word may have by its first letters.

    >>> list(beginnings("permission"))
    ['perm', 'permi', 'permis']
    """
    if word.isalpha() and len(word) >= MIN_PREFIX + _MIN_REST:
        for end in range(MIN_PREFIX, min(6, len(word) - _MIN_REST) + 1):
            yield word[:end]


def stem_of(word: str) -> str:
    """The beginning that a word shares with its other forms; "" if the word is too short.

    >>> stem_of("игрока"), stem_of("cat")
    ('игрок', '')
    """
    tuned = tuning.WEIGHTS
    if len(word) < tuned.min_stemmed_letters or not word.isalpha():
        return ""
    return word[: max(MIN_PREFIX + 1, round(tuned.stem_letters_share * len(word)))]


def _stems(word: str) -> Iterable[str]:
    if word.endswith(("ied", "ies")) and len(word) > MIN_STEM + 2:
        return [word[:-3] + "y", word[:-1]]
    for ending in ("ing", "ed"):
        stem = word[: -len(ending)]
        if word.endswith(ending) and len(stem) >= MIN_STEM and not _VOWELS.isdisjoint(stem):
            undoubled = [stem[:-1]] if stem[-1] == stem[-2] and stem[-1] not in "lsz" else []
            return [*undoubled, stem, stem + "e"]
    if word.endswith("es") and len(word) > MIN_STEM + 2:
        return [word[:-1], word[:-2]]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return [word[:-1]]
    return [word]


def _forms(stem: str) -> Iterator[str]:
    yield stem
    if stem[-1] == "y" and stem[-2] not in _VOWELS:
        yield from (stem[:-1] + "ies", stem[:-1] + "ied", stem + "ing")
        return
    yield stem + ("es" if stem.endswith(("s", "x", "z", "ch", "sh")) else "s")
    if stem[-1] == "e":
        yield from (stem + "d", stem[:-1] + "ing")
        return
    yield from (stem + "ing", stem + "ed")
    if len(stem) > 2 and stem[-1] not in _VOWELS and stem[-2] in _VOWELS and stem[-3] not in _VOWELS:
        yield from (stem + stem[-1] + "ing", stem + stem[-1] + "ed")
