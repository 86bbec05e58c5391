"""The MCP server with the official client, in memory: each tool, the folders, the handles and the schema."""

import json
import os
import sys
import time
from pathlib import Path

import anyio
import pytest
from mcp import Client
from mcp_types import ListRootsResult, Root

from compresskit.mcp import Settings, new_server
from compresskit.tokens.measure import measure_for

CODE = "".join(
    f'def step_{n}(value):\n    """Adds {n} to a value."""\n    result = value + {n}\n    return result\n\n\n'
    for n in range(200)
)
HANDLE = "unchanged since the last read: "


def tokens(text):
    return measure_for("", None).count(text)


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "steps.py").write_text(CODE)
    (folder / "notes.md").write_text(
        "# Rounding\n\nPrices round half up.\n\n```\n# no heading\n```\n\n## Why\n\nThe law.\n"
    )
    (tmp_path / "secret.txt").write_text("the password is swordfish\n")
    return folder


def calls(server, *wanted, **options):
    """The results of calls that one client makes in a row: texts, with "! " before errors. A function is just run."""

    async def run():
        found = []
        async with Client(server, **options) as client:
            for one in wanted:
                if callable(one):
                    one()
                    continue
                name, arguments = one
                result = await client.call_tool(name, arguments)
                found.append(("! " if result.is_error else "") + "".join(part.text for part in result.content))
        return found

    return anyio.run(run)


def reading(path, **more):
    return "read", {"path": str(path), **more}


def server_of(root, **more):
    return new_server(Settings(roots=(root,), **{"max_tokens": 400, **more}))


def test_the_schema_costs_less_than_600_tokens(root):
    async def listed():
        async with Client(server_of(root, allow=("git", "ls", "pytest"))) as client:
            return (await client.list_tools()).tools

    tools = anyio.run(listed)
    assert [tool.name for tool in tools] == ["read", "search", "retrieve", "run"]
    assert tokens(json.dumps([tool.model_dump(by_alias=True, exclude_none=True) for tool in tools])) < 600


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_long_file_is_shortened_and_its_key_resolves(root, mode):
    server = server_of(root)
    long, small = calls(server, reading("steps.py", query="step_77"), reading("notes.md"), mode=mode)
    assert tokens(long) <= 400
    assert "step_77" in long
    assert small == (root / "notes.md").read_text()
    key = long.partition("retrieve ")[2].partition("]")[0]
    (part,) = calls(server, ("retrieve", {"key": key, "lines": "1-2"}), mode=mode)
    assert part.rstrip() == "\n".join(CODE.splitlines()[:2])


def test_a_file_that_is_read_again_answers_with_a_handle_until_it_changes(root):
    def change():
        (root / "steps.py").write_text(CODE.replace("value + 42\n", "value + 43\n"))

    server = server_of(root)
    first, again, diff, later, same = calls(
        server,
        *(reading("steps.py"), reading("./steps.py"), change),
        *(reading("steps.py", mode="diff"), reading("steps.py"), reading("steps.py", mode="diff")),
    )
    assert again.startswith(HANDLE)
    assert tokens(again) <= 14
    assert not later.startswith(HANDLE)
    assert [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("---", "+++")] == [
        "-    result = value + 42",
        "+    result = value + 43",
    ]
    old, new = (one.removeprefix(HANDLE) for one in (again, same))
    assert old != new

    async def resource(key):
        async with Client(server) as client:
            return (await client.read_resource(f"compresskit://originals/{key}")).contents[0].text

    assert anyio.run(resource, old) == CODE
    assert anyio.run(resource, new) == (root / "steps.py").read_text()
    assert first != again


def test_the_modes_of_read(root):
    signatures, outline, prose, part = calls(
        server_of(root, max_tokens=4_000),
        reading("steps.py", mode="signatures"),
        reading("notes.md", mode="outline"),
        reading("notes.md", mode="signatures"),
        reading("steps.py", lines="7-8"),
    )
    assert "def step_77(value) L463-466" in signatures
    assert "result =" not in signatures
    assert outline == "1 # Rounding\n9 ## Why"
    assert "9 ## Why" in prose
    assert part.rstrip() == "\n".join(CODE.splitlines()[6:8])


def test_nothing_outside_of_the_folders_is_read(root, tmp_path):
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    (root / "up").symlink_to(tmp_path)
    (root / "inside.md").symlink_to(root / "notes.md")
    (tmp_path / "project-2").mkdir()
    (tmp_path / "project-2" / "secret.txt").write_text("swordfish")
    ways = ["../secret.txt", "link.txt", "up/secret.txt", str(tmp_path / "secret.txt"), "../project-2/secret.txt"]
    for path, text in zip(ways, calls(server_of(root), *map(reading, ways)), strict=True):
        assert text.startswith("! "), path
        assert "outside of the folders" in text
    inside, found = calls(server_of(root), reading("inside.md"), ("search", {"query": "password swordfish"}))
    assert inside.startswith("# Rounding")
    assert found == "Nothing matches. Try other words."


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_roots_of_the_client_count(root, tmp_path, mode):
    other = tmp_path / "an other"
    other.mkdir()
    (other / "b.txt").write_text("of the other folder")

    async def roots(_context):
        return ListRootsResult(roots=[Root(uri=other.as_uri())])

    ways = (reading("b.txt"), reading(root / "notes.md"))
    named, refused = calls(server_of(root), *ways, mode=mode, list_roots_callback=roots)
    assert named == "of the other folder"
    assert refused.startswith("! ")
    confined = calls(server_of(root, confined=True), *ways, mode=mode, list_roots_callback=roots)
    assert all("--root" in text for text in confined), "the folders of the server are a limit if they were given"


def test_files_without_text_answer_in_a_line(root):
    (root / "picture.png").write_bytes(b"\x89PNG\r\n\0\0" * 50)
    (root / "huge.txt").write_text("x" * 2_000_001)
    os.mkfifo(root / "pipe")
    paths = ("picture.png", "huge.txt", "pipe", ".", "absent.py")
    answers = calls(server_of(root), *map(reading, paths))
    for text, words in zip(answers, ("binary", "2,000,001", "no file", "folder", "no file 'absent.py'"), strict=True):
        assert words in text
        assert tokens(text) < 60


def test_only_programs_on_the_list_run_and_without_a_shell(root):
    python = sys.executable
    loud = "for n in range(3000): print('row', n, 'ok' if n != 1234 else 'ERROR: disk full')\nraise SystemExit(3)"
    server = server_of(root, allow=(python,))
    where, failed, *others = calls(
        server,
        ("run", {"command": f"{python} -c \"import os; print(os.getcwd(), '$HOME; ls | cat')\""}),
        ("run", {"command": f'{python} -c "{loud}"'}),
        *(("run", {"command": command}) for command in ("ls", Path(python).name, "PYTHON", "'", "")),
    )
    assert where == f"[exit 0]\n{root} $HOME; ls | cat\n"
    assert failed.startswith("[exit 3]\n")
    assert "ERROR: disk full" in failed
    assert tokens(failed) <= 400
    assert all(text.startswith("! ") for text in others)

    async def names():
        async with Client(server_of(root)) as client:
            return {tool.name for tool in (await client.list_tools()).tools}

    assert "run" not in anyio.run(names)


def test_a_command_that_takes_too_long_is_ended_with_its_children(root, monkeypatch):
    monkeypatch.setattr("compresskit.mcp.running.TIMEOUT", 1.0)
    code = "import subprocess, sys, time; subprocess.Popen(['sleep', '30']); print('begun', flush=True); time.sleep(30)"
    begin = time.monotonic()
    (text,) = calls(server_of(root, allow=(sys.executable,)), ("run", {"command": f'{sys.executable} -c "{code}"'}))
    assert time.monotonic() - begin < 10
    assert text.startswith("[stopped after 1 seconds]\nbegun")


def test_search_finds_passages_in_files_and_in_originals(root):
    (root / "node_modules").mkdir()
    (root / "node_modules" / "x.md").write_text("Prices round half up, too.")
    code = "for n in range(900): print('parcel', n, 'arrived' if n != 555 else 'was lost by a zeppelin')"
    _, files, code, originals = calls(
        server_of(root, allow=(sys.executable,), max_tokens=200),
        ("run", {"command": f'{sys.executable} -c "{code}"'}),
        ("search", {"query": "How do prices round?"}),
        ("search", {"query": "step_123"}),
        ("search", {"query": "zeppelin"}),
    )
    assert files.startswith("notes.md:1-")
    assert "node_modules" not in files
    assert "def step_123" in code
    assert tokens(code) <= 200
    key, _, lines = originals.partition("\n")[0].partition(":")
    assert "555 was lost by a zeppelin" in originals
    first, last = map(int, lines.split("-"))
    assert first <= 556 <= last
    assert len(key) == 12
