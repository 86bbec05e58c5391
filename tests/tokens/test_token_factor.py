"""token_factor: trigger, target and figures in the tokens of a model whose tokenizer is not at hand."""

import gzip
import json
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import cost
from strategies import cases, examples

from compresskit import Conversation, InvalidArgument, compress, restore
from compresskit.integrations.litellm.settings import Settings
from evals import __main__ as command

MODEL = "claude-sonnet-4-5"


@examples(16)
@given(cases, st.sampled_from([0.5, 1.1, 1.37, 3]))
def test_the_target_holds_in_tokens_of_the_model(case, factor):
    room = {"trigger": ceil(case.trigger * factor), "target": ceil(case.target * factor)}
    result = compress(case.messages, MODEL, shape=case.shape, **room, token_factor=factor)
    assert restore(result.messages, result.cache) == case.messages
    if result.skipped_reason == "below_trigger":
        assert result.original_tokens <= room["trigger"]
    elif result.target_met:
        assert cost(result.messages, result.tools) * min(factor, 1) <= result.compressed_tokens <= room["target"]
    else:
        assert result.compressed_tokens == result.floor_tokens > room["target"]


def test_every_way_in_takes_the_factor():
    messages = [{"role": "user", "content": "word " * 2_000}]
    plain = compress(messages, MODEL).original_tokens
    assert compress(messages, MODEL, token_factor=2).original_tokens == pytest.approx(2 * plain, abs=8)
    talk = Conversation(MODEL, token_factor=2)
    talk.append(*messages)
    talk.request()
    assert talk.result.original_tokens > 1.9 * plain
    with pytest.raises(InvalidArgument, match=r"token_factor is 0; a number from 0\.1 to 10"):
        compress(messages, MODEL, token_factor=0)


def test_the_proxy_knows_factors_by_model():
    settings = Settings.of({"token_factor": {"claude-*": 1.2, "qwen*": 1.1}})
    assert [settings.factor_of(name) for name in ("claude-opus-5", "qwen3-max", "gpt-4o")] == [1.2, 1.1, 1.0]
    with pytest.raises(InvalidArgument, match="token_factor is '2'"):
        Settings.of({"token_factor": {"claude-*": "2"}})


def test_the_factors_of_installed_tokenizers_are_measured(capsys, tmp_path):
    (tmp_path / "needs").mkdir()
    text = "Сегодня в городе идёт дождь, и улицы пусты. " * 9
    with gzip.open(tmp_path / "needs" / "ru-xquad.jsonl.gz", "wt") as file:
        file.write(json.dumps({"messages": [{"role": "user", "content": text}]}))
    assert command.main(["token-factors", "--data", str(tmp_path)]) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("| Claude 2"))
    assert 1.2 < float(row.split("|")[2]) < 3
