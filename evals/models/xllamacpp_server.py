"""The server of llama.cpp from the package `xllamacpp`, as a program with the options of `llama-server` that are used.

It imports nothing of the project, because it is run as a file.
"""

from __future__ import annotations

import argparse
import threading
from importlib import import_module


def main() -> None:
    """Serves until it is ended by a signal."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    add = parser.add_argument
    add("--model", required=True)
    add("--host", default="127.0.0.1")
    add("--port", type=int, required=True)
    add("--ctx-size", type=int, required=True)
    add("--parallel", type=int, default=1)
    add("--threads", type=int)
    add("--threads-batch", type=int)
    add("--jinja", action="store_true")
    given = parser.parse_args()
    library = import_module("xllamacpp")
    params = library.CommonParams()
    params.model.path = given.model
    params.hostnames, params.port = [given.host], given.port
    params.n_ctx, params.n_parallel, params.use_jinja = given.ctx_size, given.parallel, given.jinja
    if given.threads:
        params.cpuparams.n_threads = given.threads
        params.cpuparams_batch.n_threads = given.threads_batch or given.threads
    server = library.Server(params)
    print(server.listening_address, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
