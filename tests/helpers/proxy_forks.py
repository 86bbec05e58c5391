"""Starts LiteLLM's proxy in forks of one process that has imported it, which takes eight seconds each time.

A fork has the environment, the folder and the output file of its proxy, and runs LiteLLM's command line in a session of
its own.
"""

import json
import subprocess
import sys
import time

_SERVER = """
import faulthandler, gc, json, multiprocessing, os, sys, traceback
import litellm.proxy.proxy_server
import uvicorn._subprocess
from litellm.proxy.proxy_cli import run_server

uvicorn._subprocess.spawn = multiprocessing.get_context("fork")  # workers are forks too
gc.collect()
gc.disable()  # no thread is in the middle of a collection when this process forks
gc.freeze()  # the forks share what was imported, and no garbage collection of theirs copies it

def run(job):
    gc.enable()
    gc.set_threshold(50_000)  # rarely: the one crash that was seen here was in a collection, in native code
    os.setsid()
    os.chdir(job["folder"])
    os.environ.clear()
    os.environ.update(job["environment"])
    sys.path[:0] = job["environment"]["PYTHONPATH"].split(os.pathsep)
    output = os.open(job["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor, opened in ((0, os.open(os.devnull, os.O_RDONLY)), (1, output), (2, output)):
        os.dup2(opened, descriptor)
    faulthandler.enable()  # a proxy that crashes says where
    sys.argv = ["litellm", *job["arguments"]]
    try:
        run_server()
    except Exception:
        traceback.print_exc()
        return 1
    return 0

def answer(job):
    if "wait" in job:
        found, status = os.waitpid(job["wait"], os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if found else None
    child = os.fork()
    if not child:
        sys.exit(run(job))
    return child

for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
"""


class _Forks:
    """The process that forks. It ends when this process does, since its input ends then."""

    def __init__(self, environment):
        self._server = subprocess.Popen(
            [sys.executable, "-c", _SERVER],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def ask(self, **job):
        self._server.stdin.write(json.dumps(job) + "\n")
        self._server.stdin.flush()
        answer = self._server.stdout.readline()
        assert answer, "the process that forks has ended"
        return json.loads(answer)

    def close(self):
        self._server.stdin.close()
        self._server.stdout.close()
        self._server.wait(timeout=60)


_forks = None


class ForkedProxy:
    """A proxy in a fork, with the methods of a Popen that tests need."""

    def __init__(self, arguments, folder, environment, output):
        global _forks
        _forks = _forks or _Forks({name: value for name, value in environment.items() if name != "PYTHONPATH"})
        job = {"arguments": arguments, "folder": str(folder), "environment": environment, "output": str(output)}
        self.pid = _forks.ask(**job)
        self._code = None

    def poll(self):
        """The exit code; None while it runs."""
        if self._code is None:
            self._code = _forks.ask(wait=self.pid)
        return self._code

    def wait(self, seconds):
        """The exit code, once there is one."""
        deadline = time.monotonic() + seconds
        while self.poll() is None:
            assert time.monotonic() < deadline, f"a proxy has not ended within {seconds} s"
            time.sleep(0.05)
        return self._code


def close():
    """Ends the process that forks, if there is one."""
    global _forks
    if _forks is not None:
        _forks.close()
        _forks = None
