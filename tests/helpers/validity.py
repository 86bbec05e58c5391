"""Judges whether a provider would accept a request: `evals.harness.validity`, which knows nothing of compresskit.

`breaches` compares a result with what was given; the others judge by calls and results alone.
"""

from functools import partial

from plain_messages import SHAPES

from evals.harness.validity import breaches as rules_broken
from evals.harness.validity import is_paired

is_valid_openai = partial(is_paired, shape="openai")
is_valid_anthropic = partial(is_paired, shape="anthropic")
VALID = {shape: partial(is_paired, shape=shape) for shape in SHAPES}


def breaches(shape, before, result, tools=None):
    """The rules that a request of compress() breaks and the caller's did not."""
    sent = result.request
    return rules_broken(before, sent["messages"], shape, tools, sent.get("tools"))
