"""Embedders for tests: one with no model at all, and one that does what it is told, which also reranks."""

import hashlib

import numpy as np

SIZE = 64


class HashEmbedder:
    """Bags of hashed words: the same vector for the same text in any process, and no meaning beyond words."""

    def __init__(self):
        self.calls = []

    def embed(self, texts):
        self.calls.append(texts)
        vectors = np.zeros((len(texts), SIZE))
        for number, text in enumerate(texts):
            for word in text.lower().split():
                vectors[number, hashlib.sha256(word.encode()).digest()[0] % SIZE] += 1
        return vectors


class Returning:
    """Returns what a function makes of the texts, or raises what it raises."""

    def __init__(self, function):
        self.embed = function

    def rerank(self, _query, texts):
        return self.embed(texts)
