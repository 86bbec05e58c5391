"""A real redis-server on this machine: on a free port, in an empty folder, writing nothing to disk."""

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time

MISSING = "redis-server is missing, and without it nothing is proved: apt-get install -y redis-server"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class RedisServer:
    """Can be killed and started again on the same port, empty."""

    def __init__(self, folder, *options):
        self.port = free_port()
        self.folder = folder
        self.options = options
        self.process = None

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        command = shutil.which("redis-server")
        assert command, MISSING
        arguments = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(
            [command, *arguments, "--dir", str(self.folder), *self.options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 20
        while not self.answers():
            assert self.process.poll() is None, f"redis-server ended with {self.process.returncode}"
            assert time.monotonic() < deadline, "redis-server does not answer"
            time.sleep(0.02)

    def answers(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as line:
            line.sendall(b"PING\r\n")
            return line.recv(16)[:1] in (b"+", b"-")  # or -NOAUTH
        return False

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait(20)
            self.process = None


@contextlib.contextmanager
def redis_server(*options):
    """A server that runs while the block does."""
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(folder, *options)
        try:
            server.start()
            yield server
        finally:
            server.stop()
