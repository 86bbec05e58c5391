"""Measures of what a compressor keeps: retention on SWE-bench, multi-hop questions and agent runs; of what
whole runs cost; and of what a real model answers.

Five commands (`python -m evals.swe_bench --retention`, `python -m evals.multihop_qa`, `python -m
evals.agent_points`, `python -m evals.bill`, `python -m evals.local_model`) and the small modules they share.
Nothing here looks inside compresskit: it is called like any other compressor.
"""
