"""One measurement in one process: `python -m evals.suites.bench_worker CASE CONTENDER REPEAT`.

The contender is compresskit, compresskit[fast], litellm, memory or build. Prints a line of JSON. Loads what is loaded
once (vocabulary, modules) before the clock starts. Compares nothing.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import resource
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .bench_cases import CASES, count_all

MODEL = "gpt-4o"
FAST = "compresskit[fast]"
# Of each kind a little, none of it in a case: what a process loads or builds only once is then there.
WARM_UP = [
    {"role": ("user", "assistant")[number % 2], "content": "".join(line.format(n) for n in range(60))}
    for number, line in enumerate(
        [
            "Go on.",
            "def name_{0}(value):\n    return value + {0}\n\n",
            "2026-11-21 10:00:{0:02} INFO job {0} done\n",
            "The build number {0} went well. ",
            "{0},",
            "Question {0}?",
        ]
    )
]


def main(name: str, contender: str, repeat: int) -> None:
    """Build the case, warm up, measure."""
    if contender == "memory":
        figures = memory(name)
    else:
        encoding = load_encoding()
        case = CASES[name](encoding)
        tokens = count_all(encoding, case.messages)
        if contender == "build":
            figures = {"messages": case.messages, "limits": case.limits(tokens)}
        else:
            compress = litellm_run() if contender == "litellm" else compresskit_run(contender == FAST)
            figures = {
                "tokens": tokens,
                **times(compress, case.messages, case.limits(tokens), encoding, repeat),
            }
    print(json.dumps(figures))


def load_encoding() -> Any:
    """o200k_base, from litellm's bundle where no other place is set."""
    spec = importlib.util.find_spec("litellm")
    assert spec is not None, "litellm is not installed"
    bundle = Path(str(spec.origin)).parent / "litellm_core_utils" / "tokenizers"
    os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(bundle))
    import tiktoken

    encoding = tiktoken.get_encoding("o200k_base")
    encoding.encode("warm up")
    return encoding


Compress = Callable[[list[Any], int, int], dict[str, Any]]


def compresskit_run(fast: bool = False) -> Compress:
    """compress() with the faster encoder loaded, or without it, however much text is counted."""
    from compresskit import compress
    from compresskit.tokens.tiktoken_counter import counter_for

    counter = counter_for("o200k_base")
    counter.load_faster() if fast else counter.stay_slow()

    def run(messages: list[Any], trigger: int, target: int) -> dict[str, Any]:
        result = compress(messages, MODEL, trigger=trigger, target=target)
        return {"after": result.compressed_tokens, "target_met": result.target_met}

    return run


def litellm_run() -> Compress:
    import litellm

    def run(messages: list[Any], trigger: int, target: int) -> dict[str, Any]:
        result = litellm.compress(messages, MODEL, compression_trigger=trigger, compression_target=target)
        return {"after": result["compressed_tokens"], "target_met": result["compressed_tokens"] <= target}

    return run


def times(
    compress: Compress, messages: list[Any], limits: tuple[int, int], encoding: Any, repeat: int
) -> dict[str, Any]:
    """Seconds of the plain pass and of compress(); which comes first changes with the repeat.

    What building the case left behind is collected before each, so that neither pays for that.
    """
    results: dict[str, Any] = {"first_call_seconds": first_call(compress)}
    parts: dict[str, Callable[[], Any]] = {
        "seconds": lambda: results.update(compress(messages, *limits)),
        "tiktoken_seconds": lambda: count_all(encoding, messages),
    }
    for part in sorted(parts, reverse=bool(repeat % 2)):
        results[part], results[f"processor_{part}"] = _seconds(parts[part])
    # a later turn of the same conversation, below the trigger
    results["later_seconds"], _ = _seconds(lambda: compress(messages, 10**9, 10**9))
    return {**results, "trigger": limits[0], "target": limits[1]}


def _seconds(run: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of all processors together, which depend little on what else the machine does."""
    gc.collect()
    begin, begin_work = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - begin, time.process_time() - begin_work


def first_call(compress: Compress) -> float:
    """Warms up; the seconds that the first call of a process takes more than the second one."""
    seconds = []
    for _ in range(2):
        begin = time.perf_counter()
        compress(WARM_UP, 1_000, 800)
        seconds.append(time.perf_counter() - begin)
    return seconds[0] - seconds[1]


def memory(name: str) -> dict[str, Any]:
    """How far the process grows at most while compress() runs, and what Python holds then against the request's size.

    Another process builds the case: memory that building it had freed here would be used again unseen. What Python
    holds is traced in a second run, since tracing takes time and memory: unlike the process's size it is the same on
    every machine.
    """
    command = [sys.executable, "-m", "evals.suites.bench_worker", name, "build", "0"]
    case = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    load_encoding()
    compress = compresskit_run()
    first_call(compress)
    reset_peak()
    before = peak_bytes()
    compress(case["messages"], *case["limits"])
    most = peak_bytes()
    grown = most - before
    size = len(json.dumps(case["messages"], ensure_ascii=False).encode())
    return {
        "peak_mb": grown / 1e6,
        "size_mb": size / 1e6,
        "process_mb": most / 1e6,
        "peak_ratio": traced(lambda: compress(case["messages"], *case["limits"])) / size,
    }


def traced(run: Callable[[], object]) -> int:
    """The most bytes that Python holds at once while something runs, on top of those before."""
    gc.collect()
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def reset_peak() -> None:
    """Linux only: forget that building the case may have taken more."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def peak_bytes() -> int:
    """The largest resident size so far. (ru_maxrss would begin with that of the process that started us.)"""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
