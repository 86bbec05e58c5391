# ruff: noqa: E501 - one tool on a line
"""Outputs of compilers, linters, tracers and help pages of this machine, over small projects that are written on the
spot. A tool that is not here has no output.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from .made_outputs import WORDS, Output


class Tool(NamedTuple):
    """A command, the texts that must stay of its output, and what it was asked for.

    Attributes:
        needs_program: The program without which there is no output.
        prepare: Writes the files that the command reads.
    """

    name: str
    command: str
    needs: tuple[str, ...]
    query: str = ""
    needs_program: str = "sh"
    prepare: Callable[[Path], None] = lambda _: None
    group: str = "this machine"

    def outputs(self, folder: Path, run: Callable[[str, Path], str]) -> Iterator[Output]:
        """What the command writes in a folder, if the program is here and says what must stay.

        Args:
            folder: Where the command runs.
            run: Runs a command in a folder, and returns what it wrote to both outputs.
        """
        if shutil.which(self.needs_program):
            self.prepare(folder)
            text = run(self.command.replace("PYTHON", sys.executable), folder)
            if all(need in text for need in self.needs):  # another version of the tool may say it otherwise
                command = self.command.replace("PYTHON", "python")
                yield Output(self.name, self.group, command, text, self.needs, self.query)


def machine_outputs(folder: Path, run: Callable[[str, Path], str], only: str) -> Iterator[Output]:
    """The outputs of the tools that are here.

    Args:
        folder: An empty folder.
        run: Runs a command in a folder, and returns what it wrote to both outputs.
        only: A text that the names of the outputs have.
    """
    for number, tool in enumerate(TOOLS):
        if only in tool.name:
            place = folder / f"{number}"
            place.mkdir()
            yield from tool.outputs(place, run)


def write(folder: Path, files: dict[str, str]) -> None:
    """Write files of a folder by their paths in it."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _c_files(folder: Path) -> None:
    unused = "int {0}_{1}(int a) {{ int unused_{1}; unsigned u = a; if (a < u) return 1; return {1}; }}\n"
    write(folder, {f"{word}.c": "".join(unused.format(word, n) for n in range(6)) for word in WORDS})
    write(
        folder, {"main.c": "struct order { int id; };\nint main(void) { struct order o; o.total = 3; return o.id; }\n"}
    )
    objects = [f"{word}.o" for word in [*WORDS[:12], "main", *WORDS[12:]]]
    rule = "%.o: %.c\n\tgcc -Wall -Wextra -c $< -o $@\n"
    write(folder, {"Makefile": f"app: {' '.join(objects)}\n\tgcc -o app $^\n{rule}"})


def _java_files(folder: Path) -> None:
    steps = "".join(f"  static void step{n}(Map<String, Integer> m) {{ step{n + 1}(m); }}\n" for n in range(60))
    last = '  static void step60(Map<String, Integer> m) { try { int x = m.get("vat"); }\n'
    last += '    catch (NullPointerException e) { throw new IllegalStateException("no rate for vat", e); } }\n'
    main = '    for (int i = 0; i < 300; i++) System.out.println("loaded rule " + i + " in " + (i % 7) + " ms");\n'
    main = f"  public static void main(String[] a) {{\n{main}    step0(new HashMap<>());\n  }}\n"
    write(folder, {"Main.java": f"import java.util.*;\npublic class Main {{\n{steps}{last}{main}}}\n"})
    raw = "".join(f'  List l{n} = new ArrayList(); void m{n}() {{ l{n}.add("x"); }}\n' for n in range(60))
    write(folder, {"Raw.java": f"import java.util.*;\npublic class Raw {{\n{raw}  String s = 5;\n}}\n"})


def _rust_files(folder: Path) -> None:
    unused = "".join(
        f"pub fn {word}_{n}(x: i32) -> i32 {{ let unused_{n} = x; x }}\n" for word in WORDS for n in range(5)
    )
    moved = "pub fn count(v: Vec<String>) -> usize { let a = v; v.len() }\n"
    write(folder, {"lib.rs": unused + moved})


def _node_file(folder: Path) -> None:
    rows = "for (let i = 0; i < 400; i++) console.log(`request ${i} ok ${i % 5}ms`);\nError.stackTraceLimit = 50;\n"
    deep = "function f(n) { if (n === 0) { const order = undefined; return order.price } return f(n - 1) }\nf(20)\n"
    write(folder, {"a.js": rows + deep})


def _python_files(folder: Path) -> None:
    for word in WORDS:
        body = "".join(f"def {word}_{n}(a, b = None):\n    x = 1\n    return a\n" for n in range(6))
        write(folder, {f"{word}.py": f"import os, sys\n{body}"})
    write(folder, {"tax.py": "def tax(total: int) -> str:\n    return total * rate\n"})


def _logging_file(folder: Path) -> None:
    rows = "for n in range(400):\n    logging.getLogger(f'app.w{n % 5}').info('handled job %d in %d ms', n, n % 13)\n"
    deep = "def f(n):\n    if n == 0:\n        raise ValueError('quantity -3 is below zero')\n    f(n - 1)\n"
    tried = "try:\n    f(12)\nexcept ValueError:\n    logging.exception('worker died')\n"
    head = (
        "import logging\nlogging.basicConfig(level='DEBUG', format='%(asctime)s %(name)s %(levelname)s %(message)s')\n"
    )
    write(folder, {"jobs.py": head + rows + deep + tried + rows})


def _training_file(folder: Path) -> None:
    bars = "    for k in range(0, 101, 5):\n        print(f'\\rstep {s:02} |{\"#\" * (k // 5):<20}| {k}%', end='')\n"
    line = "    print(f'\\n\\x1b[32mepoch {s}\\x1b[0m loss={2 / (s + 1):.4f} val={\"nan\" if s == 17 else s}')\n"
    write(folder, {"train.py": f"for s in range(40):\n{bars}{line}print('saved the best one to ckpt/epoch_12.pt')\n"})


def _locked_packages(folder: Path) -> None:
    draw = random.Random(0)
    packages = {
        f"node_modules/{word}-{n}": {"version": f"{n}.0.1", "license": "MIT"} for word in WORDS for n in range(8)
    }
    before = json.dumps({"packages": packages}, indent=2).split("\n")
    after = [line.replace("0.1", "9.2") if draw.random() < 0.12 else line for line in before]
    for name, lines, limit in (("before", before, 20), ("after", after, 200)):
        write(folder, {f"{name}/package-lock.json": "\n".join(lines), f"{name}/app.js": f"const limit = {limit};\n"})


def _orders_table(folder: Path) -> None:
    draw = random.Random(1)
    rows = [f"({n}, '{draw.choice(WORDS)} {n}', 'paid', {draw.randint(100, 999) / 10})" for n in range(400)]
    rows[233] = "(233, 'crate 233', 'disputed', 12.0)"
    write(folder, {"t.sql": f"create table t(id, name, status, amount);insert into t values {','.join(rows)};"})


TOOLS = (
    Tool("make", "make -k", ("no member named", "main.c:2"), "", "gcc", _c_files),
    Tool("javac", "javac -Xlint:all Raw.java", ("int cannot be converted to String",), "", "javac", _java_files),
    Tool("java", "java Main.java", ("no rate for vat", "Caused by: java.lang.NullPointerException"), "", "javac", _java_files),
    Tool("rustc", "rustc --crate-type lib lib.rs", ("borrow of moved value: `v`", "value borrowed here after move"), "", "rustc", _rust_files),
    Tool("node", "node a.js", ("Cannot read properties of undefined (reading 'price')", "a.js:3"), "", "node", _node_file),
    Tool("ruff", "PYTHON -m ruff check --isolated .", ("Undefined name `rate`", "tax.py:2"), "", "sh", _python_files),
    Tool("ruff concise", "PYTHON -m ruff check --isolated --output-format concise --select ALL .", ("Undefined name `rate`",), "", "sh", _python_files),
    Tool("logging", "PYTHON jobs.py", ("worker died", "quantity -3 is below zero"), "", "sh", _logging_file),
    Tool("training", "PYTHON -u train.py", ("val=nan", "ckpt/epoch_12.pt"), "", "sh", _training_file),
    Tool("git diff of a lock file", "git diff --no-index before after", ("+const limit = 200;",), "", "git", _locked_packages),
    Tool("sqlite3 box", "sqlite3 x.db < t.sql; sqlite3 -box x.db 'select * from t'", ("disputed",), "", "sqlite3", _orders_table),
    Tool("sqlite3 line", "sqlite3 x.db < t.sql; sqlite3 -line x.db 'select * from t'", ("disputed",), "", "sqlite3", _orders_table),
    Tool("strace", "strace PYTHON -c \"open('nothing.conf')\"", ('"nothing.conf"', "FileNotFoundError"), "", "strace"),
    Tool("dpkg -l", "dpkg -l", ("libssl",), "Which version of libssl is installed?", "dpkg"),
    Tool("docker run --help", "docker run --help", ("--restart",), "How do I make a container restart by itself?", "docker"),
    Tool("systemctl --help", "systemctl --help", ("--failed",), "How do I list units that failed?", "systemctl"),
    Tool("kubectl get --help", "kubectl get --help", ("--field-selector",), "How can I filter pods by their fields?", "kubectl"),
    Tool("curl --help", "curl --help all", ("--max-redirs",), "How do I limit the number of redirects?", "curl"),
)  # fmt: skip
