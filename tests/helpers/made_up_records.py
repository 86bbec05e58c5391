"""Records as the evals write them, made up: one for each chart of the report."""

import random

from evals.report import page, reading

NASTY = "<script>alert(1)</script> & \"'><img src=x onerror=alert(2)>"


def estimate(mean, low=None, high=None, cases=10):
    return {"mean": mean, "low": mean if low is None else low, "high": mean if high is None else high, "cases": cases}


def line(group, compressor, errors=0, **figures):
    return {"group": group, "compressor": compressor, "cases": 10, "errors": errors, "figures": figures}


def record(name, figures=(), rows=(), **more):
    made = {"format": "compresskit-eval", "version": 2, "eval": name, "options": {"seed": 0}, "data": {}}
    about = {"python": "3.12", "packages": {"compresskit": "0.1.0"}, "complete": True}
    return {**made, **about, "figures": list(figures), "rows": list(rows), **more}


def swe_bench(targets=(1000, 2000), **more):
    lines = [
        line(
            f"SWE, target {target}",
            name,
            **{"tokens before": estimate(10_000), "tokens after": estimate(after), "missed": estimate(missed)},
            lines=estimate(kept, kept - 0.1, kept + 0.1),
        )
        for target in targets
        for name, after, missed, kept in (("litellm", 4 * target, 1.0, 0.5), ("compresskit", target, 0.0, 0.75))
    ]
    return record("swe-bench", lines, **more)


def needle():
    chance = random.Random(0)
    places = [(length, depth) for length in (4_000, 16_000, 64_000) for depth in (0.0, 0.5, 1.0)]
    rows = [
        {"case": f"{n}", "group": "needles", "unit": f"{n}", "compressor": name, "error": None,
         "length": length, "depth": depth, "found": float(chance.random() < share)}
        for name, share in (("head+tail", 0.3), ("compresskit", 0.9))
        for length, depth in places
        for n in range(4)
    ]  # fmt: skip
    return record("needle", rows=rows)


def answers():
    names = (("everything", 9_000, 0.6), ("compresskit", 2_000, 0.5), ("nothing", 100, 0.1))
    figures = [
        line("QA", name, answered=estimate(share, share - 0.1, share + 0.1), **{"prompt tokens": estimate(tokens)})
        for name, tokens, share in names
    ]
    return record("local-model", figures)


def bench():
    sizes = (("files_10k", 10_000), ("files_100k", 100_000), ("files_1m", 1_000_000))
    figures = [
        line(case, name, tokens=estimate(tokens), seconds=estimate(seconds * tokens / 1e6), met=estimate(1.0),
             **{"x tiktoken": estimate(2.0, 1.9, 2.2)})
        for case, tokens in sizes
        for name, seconds in (("compresskit", 1.5), ("litellm", 6.0))
    ]  # fmt: skip
    return record("bench", figures)


def bill():
    turns = [{"prompt": 100 * n, "bill": 10 * n, "bounce": 0} for n in range(1, 30)]
    rows = [
        {"case": "run 1", "group": "coding", "compressor": name, "error": None, "everything": 4350, "turns": turns}
        for name in ("everything", "compresskit")
    ]
    lost = line("coding", "window", **{"bill, in sum": estimate(0.8, 0.7, 0.9)}, losing=estimate(0.12))
    kept = line("coding", "compresskit", **{"bill, in sum": estimate(0.76, 0.7, 1.2)}, losing=estimate(0.0))
    return record("bill", [lost, kept], rows)


def drawn(*records):
    return page([reading.record(one, f"record-{place}") for place, one in enumerate(records)])
