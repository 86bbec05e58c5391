"""Upstream's PromptCompressor, loaded without what it does by default to a program that loads it.

By default it downloads tiktoken's vocabulary, runs code that comes with a model, seeds every random generator,
and wants a GPU.
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
    """What upstream counts with: for it, text that looks like a special token is an error."""

    def __init__(self, encoding: Any) -> None:
        self._encoding = encoding

    def encode(self, text: str) -> list[int]:
        found: list[int] = self._encoding.encode(text, disallowed_special=())
        return found


def load(
    compressor_class: type[Any], model: str, device: str, dtype: str | None, local_files_only: bool, **more: Any
) -> Any:
    """A PromptCompressor, or what is derived from it."""
    import torch

    measure_for("gpt-3.5-turbo", None)  # tiktoken has the vocabulary from then on: upstream would download it
    config = {"trust_remote_code": False, "local_files_only": local_files_only}
    if dtype is not None:
        config["torch_dtype"] = getattr(torch, dtype)
    with _undisturbed(), _quiet():
        found = compressor_class(model_name=model, device_map=device, model_config=config, **more)
    found.oai_tokenizer = _SafeTokenizer(found.oai_tokenizer)
    found.tokenizer.model_max_length = 10**9  # longer texts are cut here, a warning would be about nothing
    found.model.eval()
    return found


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Random generators and the environment are afterwards what they were."""
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
    """No advice about arguments that upstream passes, and no bars where nobody watches."""
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
