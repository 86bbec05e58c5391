"""A conversation in a file, and its result in another."""

import pytest
from command_line import openai_messages, run, save


@pytest.fixture
def given(tmp_path):
    return save(tmp_path, openai_messages())


@pytest.fixture
def result(tmp_path, given):
    path = tmp_path / "result.json"
    assert run("compress", given, "--target", 3000, "-o", path).exit_code == 0
    return path
