"""Items through Ray (`pip install "compresskit[ray]"`): on this machine, or on a cluster that is there.

compresskit has to be installed on every machine of a cluster; `evals` is sent along. Keys of model providers are read
from the environment of each machine.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from .attempts import attempt, failure
from .cases import Row
from .data import DataError


class Cluster:
    """A `Crew` of Ray's workers. An item whose machine is lost is begun again elsewhere, three times at most (Ray's
    default); what it had spent until then is not known here."""

    def __init__(self, one: Callable[..., Row], address: str, jobs: int | None) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray reports home unless told not to
        try:
            self._ray = import_module("ray")
        except ImportError as error:
            raise DataError('--ray needs the package ray: pip install "compresskit[ray]"') from error
        self._one, self._address, self._jobs = one, address, jobs
        self._running: dict[Any, str] = {}
        self.room = jobs or 1

    def __enter__(self) -> Cluster:
        ray = self._ray
        local = self._address == "local"
        cpus = {"num_cpus": self._jobs, "include_dashboard": False} if local else {}
        try:
            ray.init(
                address=self._address,
                logging_level=logging.WARNING,
                log_to_driver=False,
                runtime_env=_code(local),
                **cpus,
            )
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise DataError(f"no Ray at {self._address!r}: {error}") from error
        self.room = self._jobs or max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._call = ray.remote(attempt)
        self._function = ray.put(self._one)
        return self

    def __exit__(self, kind: Any, *_: object) -> None:
        if kind is not None:
            for reference in self._running:
                self._ray.cancel(reference, force=True)
        self._ray.shutdown()

    def start(self, key: str, arguments: tuple[Any, ...]) -> None:
        """Gives the call to Ray."""
        self._running[self._call.remote(self._function, arguments)] = key

    def finished(self) -> Iterator[tuple[str, str]]:
        """The next that is done."""
        (reference, *_), _ = self._ray.wait(list(self._running), num_returns=1)
        key = self._running.pop(reference)
        try:
            text = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            text = failure(f"{type(error).__name__}: {error}")
        yield key, text


def _code(local: bool) -> dict[str, Any]:
    """Where workers find `evals`: in place on this machine; elsewhere it is sent."""
    package = Path(__file__).parents[1]
    if not local:
        return {"py_modules": [str(package)]}
    paths = [str(package.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"env_vars": {"PYTHONPATH": os.pathsep.join(paths)}}
