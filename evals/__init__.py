"""Measures of what a compressor keeps, of what a real model answers from that, of what whole runs cost, and of time.

One command, `python -m evals NAME …` (`__main__.py` has the names), and the small modules that the evals share:
`engine.py` runs items, `options.py` has the flags, `reporting.py` the table and the exit code, `records.py` the record.
Nothing here looks inside compresskit, which is called like any other compressor; only `ablate` replaces its weights.
"""
