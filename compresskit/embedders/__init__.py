"""Embedders that come with compresskit: vectors from a table on this machine, or from a model's API."""
