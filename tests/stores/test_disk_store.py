"""The disk: no pickle in either direction, closed to others, several processes, and a kill -9 in the middle."""

import os
import pickle
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from compresskit import StoreError
from compresskit.stores import DiskStore

ROOT = Path(__file__).parents[2]
MODE_RAW, MODE_BINARY, MODE_TEXT, MODE_PICKLE = 1, 2, 3, 4  # diskcache's


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def python(code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", f"import sys\nfrom compresskit.stores import DiskStore\n{code}", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("mode", [MODE_RAW, MODE_BINARY, MODE_TEXT, MODE_PICKLE])
@pytest.mark.parametrize("in_file", [False, True])
def test_a_planted_pickle_is_not_loaded(tmp_path, mode, in_file):
    folder, exploded, value = tmp_path / "store", tmp_path / "exploded", tmp_path / "planted.val"
    DiskStore(folder).put({"key": "text", "other": "text"})
    planted = pickle.dumps(Bomb(exploded))
    value.write_bytes(planted)
    with sqlite3.connect(folder / "cache.db") as database:
        row = (mode, "../planted.val", None) if in_file else (mode, None, planted)
        database.execute("UPDATE Cache SET mode = ?, filename = ?, value = ? WHERE key = CAST('key' AS BLOB)", row)
        database.execute("UPDATE Cache SET raw = 0 WHERE key = CAST('other' AS BLOB)")
    database.close()
    store = DiskStore(folder)
    assert store.get("key") is None
    assert store.get("other") is None
    store.put({"key": "new"})
    assert store.get("key") == "new"
    assert not exploded.exists()
    assert value.read_bytes() == planted, "a file that a row names is not removed either"


def test_a_file_that_a_row_names_survives_eviction(tmp_path):
    folder, victim = tmp_path / "store", tmp_path / "victim"
    victim.write_text("precious")
    DiskStore(folder).put({"key": "text"})
    with sqlite3.connect(folder / "cache.db") as database:
        database.execute("UPDATE Cache SET filename = '../victim', expire_time = 1")
    database.close()
    DiskStore(folder).put({"another": "text"})
    assert victim.read_text() == "precious"


def test_nothing_but_text_is_in_the_rows(tmp_path):
    DiskStore(tmp_path / "store").put({"key": "text", "large": "x" * 1_000_000})
    with sqlite3.connect(tmp_path / "store" / "cache.db") as database:
        rows = database.execute("SELECT mode, filename, value FROM Cache ORDER BY length(value)").fetchall()
    database.close()
    assert rows == [(MODE_RAW, None, b"text"), (MODE_RAW, None, b"x" * 1_000_000)]
    assert {file.name for file in (tmp_path / "store").iterdir()} <= {"cache.db", "cache.db-wal", "cache.db-shm"}


def test_directories_and_files_are_closed_to_others_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        store = DiskStore(tmp_path / "deep" / "er" / "store")
        store.put({"key": "text"})
    finally:
        os.umask(before)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "deep").rglob("*")}
    modes[tmp_path / "deep"] = stat.S_IMODE((tmp_path / "deep").stat().st_mode)
    assert len(modes) >= 4
    assert all(mode == (0o700 if path.is_dir() else 0o600) for path, mode in modes.items()), modes


def test_a_tight_umask_does_no_harm(tmp_path):
    before = os.umask(0o777)
    try:
        DiskStore(tmp_path / "store").put({"key": "text"})
    finally:
        os.umask(before)
    assert DiskStore(tmp_path / "store").get("key") == "text"


def test_a_directory_that_is_open_to_others_is_refused(tmp_path):
    (tmp_path / "open").mkdir(mode=0o755)
    with pytest.raises(StoreError, match=r"0755.*chmod 700"):
        DiskStore(tmp_path / "open").put({"key": "text"})
    assert list((tmp_path / "open").iterdir()) == []


def test_a_file_in_place_of_the_directory_is_named_as_one(tmp_path):
    (tmp_path / "file").write_text("precious")
    with pytest.raises(StoreError, match="file is no directory"):
        DiskStore(tmp_path / "file").put({"key": "text"})


def test_a_link_in_place_of_the_database_is_not_followed(tmp_path):
    (tmp_path / "store").mkdir(mode=0o700)
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "store" / "cache.db").symlink_to(tmp_path / "victim")
    with pytest.raises(StoreError):
        DiskStore(tmp_path / "store").put({"key": "text"})
    assert (tmp_path / "victim").read_text() == "precious"


def test_a_damaged_database_is_one_clear_error(tmp_path):
    (tmp_path / "store").mkdir(mode=0o700)
    (tmp_path / "store" / "cache.db").write_bytes(b"this is no database" * 500)
    with pytest.raises(StoreError, match=r"cache\.db in it is damaged, delete it"):
        DiskStore(tmp_path / "store").get("key")


def test_settings_that_somebody_planted_are_one_clear_error(tmp_path):
    DiskStore(tmp_path / "store").put({"key": "text"})
    with sqlite3.connect(tmp_path / "store" / "cache.db") as database:
        database.execute("INSERT INTO Settings VALUES ('disk_unknown', 1)")
    database.close()
    with pytest.raises(StoreError, match=r"cache\.db in it is damaged, delete it"):
        DiskStore(tmp_path / "store").get("key")


def test_several_processes_write_one_store(tmp_path):
    code = (
        "store, me = DiskStore(sys.argv[1]), sys.argv[2]\n"
        "for turn in range(20):\n"
        "    store.put({'shared': 'from ' + me, f'{me} {turn}': me * 2000})\n"
        "    assert store.get(f'{me} {turn}') == me * 2000\n"
        "    assert store.get('shared').startswith('from ')"
    )
    workers = [python(code, tmp_path / "store", number) for number in range(4)]
    assert [worker.wait(120) for worker in workers] == [0] * 4
    for worker in workers:
        worker.stdout.close()
    store = DiskStore(tmp_path / "store")
    assert all(store.get(f"{me} {turn}") == str(me) * 2000 for me in range(4) for turn in range(20))


def test_a_kill_in_the_middle_leaves_whole_puts(tmp_path):
    code = (
        "store = DiskStore(sys.argv[1])\n"
        "for turn in range(100_000):\n"
        "    store.put({f'part {part}': f'{turn} ' + 'x' * 20_000 for part in range(20)})\n"
        "    print(turn, flush=True)"
    )
    for _ in range(3):
        worker = python(code, tmp_path / "store")
        worker.stdout.readline()
        time.sleep(0.05)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait(20)
        worker.stdout.close()
        store = DiskStore(tmp_path / "store")
        turns = {store.get(f"part {part}").split()[0] for part in range(20)}
        assert len(turns) == 1, "all of a put, or nothing of it"
        store.put({"after": "all"})
        assert store.get("after") == "all"
        store.close()


def test_the_oldest_make_room_and_no_more_than_needed(tmp_path):
    store = DiskStore(tmp_path / "store", max_bytes=1_000_000)
    for turn in range(8):
        store.put({f"{turn} {part}": "x" * 9_000 for part in range(20)})
    kept = [(turn, part) for turn in range(8) for part in range(20) if store.get(f"{turn} {part}")]
    assert 60 <= len(kept) <= 110
    assert {(7, part) for part in range(20)} <= set(kept)
    assert (0, 0) not in kept
    assert sum(file.stat().st_size for file in (tmp_path / "store").glob("cache.db")) < 1_100_000
    with pytest.raises(StoreError, match="max_bytes"):
        store.put({"large": "x" * 1_000_001})


def test_what_has_expired_is_overwritten_when_the_store_is_opened(tmp_path):
    store = DiskStore(tmp_path / "store", ttl=1)
    store.put({"key": "very private text"})
    store.close()
    time.sleep(1.1)
    assert b"very private" in (tmp_path / "store" / "cache.db").read_bytes()
    later = DiskStore(tmp_path / "store")
    assert later.get("key") is None
    later.close()
    assert b"very private" not in (tmp_path / "store" / "cache.db").read_bytes()


def test_a_missing_diskcache_is_said_with_the_fix(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "diskcache", None)
    with pytest.raises(StoreError, match=r"pip install 'compresskit\[disk\]'"):
        DiskStore(tmp_path / "store").put({"key": "text"})
