"""Returns originals to the model within a bound of tokens, and answers its tool calls."""

from .answers import MAX_TOKENS, MIN_TOKENS, Originals, answer, answer_to, own_calls, retrieve, whole_of

__all__ = ["MAX_TOKENS", "MIN_TOKENS", "Originals", "answer", "answer_to", "own_calls", "retrieve", "whole_of"]
