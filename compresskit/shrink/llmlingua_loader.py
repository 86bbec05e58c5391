"""Loads PromptCompressor of llmlingua without side effects on the program.

By default it downloads tiktoken's vocabulary, runs code that comes with a model, seeds every random generator, and
requires a GPU.
"""

from __future__ import annotations

import contextlib
import os
import random
import warnings
from collections.abc import Iterator
from typing import Any

from ..tokens.measure import measure_for
from .progress import on_terminal


class _SafeTokenizer:
    """The tokenizer that llmlingua counts with, in which text that looks like a special token is not an error."""

    def __init__(self, encoding: Any) -> None:
        self._encoding = encoding

    def encode(self, text: str) -> list[int]:
        found: list[int] = self._encoding.encode(text, disallowed_special=())
        return found


def load(
    compressor_class: type[Any], model: str, device: str, dtype: str | None, local_files_only: bool, **more: Any
) -> Any:
    """A PromptCompressor, or an object of a class that is derived from it."""
    import torch

    measure_for("gpt-3.5-turbo", None)  # loads the vocabulary, which llmlingua would download
    config = {"trust_remote_code": False, "local_files_only": local_files_only}
    if dtype is not None:
        config["torch_dtype"] = getattr(torch, dtype)
    with _undisturbed(), _quiet():
        found = compressor_class(model_name=model, device_map=device, model_config=config, **more)
    found.oai_tokenizer = _SafeTokenizer(found.oai_tokenizer)
    found.tokenizer.model_max_length = 10**9  # longer texts are cut before, so no warning is needed
    found.model.eval()
    return found


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Restores random generators and the environment afterwards."""
    import numpy as np
    import torch

    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    seed = os.environ.get("PYTHONHASHSEED")
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])
        if seed is None:
            os.environ.pop("PYTHONHASHSEED", None)
        else:
            os.environ["PYTHONHASHSEED"] = seed


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Hides advice about arguments that llmlingua passes, and progress bars if standard error is no terminal."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    if not on_terminal():
        logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
