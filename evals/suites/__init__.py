"""The evals: a module for each name of `python -m evals NAME`, and beside it the modules that it needs.

Most names say to which eval a module belongs (`bench_cases.py`, `humaneval_runner.py`, `swe_tests.py`). The others:

bill          replay, transcripts, turn_time
needle        needles
swe-bench     patches, patch_scores, repositories, retrieval
"""
