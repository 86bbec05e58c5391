"""Runs Python code in fresh processes that have imported litellm and frameworks already, which takes seconds each time.

One process imports them and then forks for each piece of code. A fork has the environment, the folder and the output
files of its piece, and runs it as the module ``__main__``. Nothing has been called before in it, so each piece begins
with the modules as they are after their import.
"""

import contextlib
import json
import os
import subprocess
import sys
from typing import NamedTuple

from paths import ROOT

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
    for name, descriptor in (("out", 1), ("error", 2)):
        os.dup2(os.open(job[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), descriptor)
    main = type(sys)("__main__")
    sys.modules["__main__"] = main
    sys.argv = [""]
    signal.alarm(job["seconds"])
    try:
        exec(compile(job["code"], "<block>", "exec"), main.__dict__)
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


class Done(NamedTuple):
    """What became of a piece of code."""

    returncode: int
    stdout: str
    stderr: str


class ForkedPython:
    """A process that forks for each piece of code."""

    def __init__(self, server):
        self._server = server

    def run(self, code, folder, environment, seconds=120):
        out, error = folder.parent / "stdout", folder.parent / "stderr"
        job = {"code": code, "folder": str(folder), "environment": environment, "seconds": seconds}
        self._server.stdin.write(json.dumps({**job, "out": str(out), "error": str(error)}) + "\n")
        self._server.stdin.flush()
        ended = self._server.stdout.readline()
        assert ended, "the server of forks has ended"
        return Done(int(ended), out.read_text(), error.read_text())


@contextlib.contextmanager
def forked_python(modules=("litellm",)):
    """A server of forks that have imported these modules. It ends with the block."""
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
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
