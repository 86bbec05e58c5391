"""Measures of what a compressor keeps, of what a real model answers from that, of what whole runs cost, and of time.

One command, `python -m evals NAME …` (`__main__.py` has the names), and its packages, each of which imports only from
those before it: `harness` (what all evals share), `models` (asking real models) and `report` (charts, and pages from
records), `suites` (the evals themselves). `records`, `samples` and `notebooks` hold data and no modules.
Nothing here looks inside compresskit: it is called like any other compressor; only `ablate`
replaces its weights.
"""
