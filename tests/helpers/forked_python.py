"""Runs Python code in fresh processes that have imported what it needs already, which takes up to seconds each time.

One process imports it and then forks for each piece of code. A fork has the environment, the folder and the files of
its piece, and runs it as the module ``__main__``. Nothing has been called before in it, so each piece begins with the
modules as they are after their import.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from paths import HELPERS, ROOT

_SERVER = """
import atexit, contextlib, gc, importlib, json, os, signal, sys, threading, traceback

for name in sys.argv[1:]:
    with contextlib.suppress(ImportError):  # the piece that imports it tells
        importlib.import_module(name)
gc.collect()
gc.disable()  # no thread is in the middle of a collection when this process forks
gc.freeze()  # the forks share what was imported, and no garbage collection of theirs copies it

def run(job):
    gc.enable()
    os.chdir(job["folder"])
    os.environ.clear()
    os.environ.update(job["environment"])
    sys.path[:0] = job["environment"]["PYTHONPATH"].split(os.pathsep)
    os.dup2(os.open(job["given"], os.O_RDONLY), 0)
    for name, descriptor in (("out", 1), ("error", 2)):
        os.dup2(os.open(job[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), descriptor)
    main = type(sys)("__main__")
    sys.modules["__main__"] = main
    sys.argv = job["argv"]
    signal.alarm(job["seconds"])
    try:
        exec(compile(job["code"], "<block>", "exec"), main.__dict__)
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
        return ended.code if isinstance(ended.code, int) else 1 if ended.code else 0
    except BaseException:
        traceback.print_exc()
        return 1
    return 0

def end(code):
    # As Python ends, but for taking every module apart, which takes two seconds.
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)

for line in sys.stdin:
    child = os.fork()
    if not child:
        end(run(json.loads(line)))
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
"""


class ForkedPython:
    """A process that forks for each piece of code."""

    def __init__(self, server):
        self._server = server

    def run(self, code, folder, environment, argv=("",), given=b"", seconds=120):
        """What ``subprocess.run`` would give for the code, with bytes."""
        with tempfile.TemporaryDirectory() as place:
            files = {name: Path(place, name) for name in ("given", "out", "error")}
            files["given"].write_bytes(given)
            job = {"code": code, "folder": str(folder), "environment": environment, "argv": argv, "seconds": seconds}
            self._server.stdin.write(json.dumps({**job, **{name: str(path) for name, path in files.items()}}) + "\n")
            self._server.stdin.flush()
            ended = self._server.stdout.readline()
            assert ended, "the server of forks has ended"
            written = [files[name].read_bytes() for name in ("out", "error")]
        return subprocess.CompletedProcess(argv, int(ended), *written)


@contextlib.contextmanager
def forked_python(modules=("litellm",)):
    """A server of forks that have imported these modules. It ends with the block."""
    paths = os.pathsep.join([str(ROOT), str(HELPERS), *filter(None, [os.environ.get("PYTHONPATH")])])
    variables = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "PYTHONPATH": paths}
    with subprocess.Popen(
        [sys.executable, "-P", "-c", _SERVER, *modules],
        env=variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            yield ForkedPython(server)
        finally:
            server.stdin.close()
            server.wait(timeout=60)
