"""Measures of what a compressor keeps: retention on SWE-bench, multi-hop questions and agent runs; and of what
whole runs cost.

Four commands (`python -m evals.swe_bench --retention`, `python -m evals.multihop_qa`, `python -m
evals.agent_points`, `python -m evals.bill`) and the small modules they share. Nothing here looks inside
compresskit: it is called like any other compressor.
"""
