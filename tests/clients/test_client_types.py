"""The clients take every argument of the SDKs. `mypy` checks that they keep the SDKs' types: users_project.py."""

import importlib
import inspect

import pytest


@pytest.mark.parametrize("name", ["openai.OpenAI", "openai.AsyncOpenAI", "gemini.Gemini", "anthropic.Anthropic"])
def test_a_constructor_knows_every_argument_of_the_newest_sdk(name):
    """Type checkers take no other names, so a new argument of an SDK has to be added."""
    package, client = name.split(".")
    module = importlib.import_module(f"compresskit.clients.{package}")
    ours = getattr(module, client)
    sdk = next(base for base in ours.__mro__ if not base.__module__.startswith("compresskit"))
    theirs = set(inspect.signature(sdk.__init__).parameters)
    known = set(inspect.signature(ours.__init__).parameters) | set(module._More.__annotations__)
    assert theirs <= known | {"http_client"}
