"""Embedders and rerankers that come with compresskit: models on this machine, or behind an API."""
