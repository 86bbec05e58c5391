"""Counts tokens with tiktoken: each text once, and the tokens before any offset of it."""
