"""Counting: tiktoken's encodings, each text once, and counts at offsets."""
