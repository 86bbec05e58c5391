"""Timing a quiet turn: what is put together, and that both are measured; how long they take is the machine's."""

import pytest

from evals.harness import data
from evals.harness.tokens import count_message
from evals.suites import bill
from evals.suites.turn_time import chained, measure


def run(turns):
    said = [{"role": "user", "content": "word " * 200}, {"role": "assistant", "content": "Go on. " * 20}]
    return [message for _ in range(turns) for message in said]


def test_runs_are_put_one_after_another_up_to_the_tokens():
    messages = chained([run(10), run(40)], 6_000)
    sizes = [count_message(message) for message in messages]
    assert sum(sizes) >= 6_000 > sum(sizes[:-2])
    assert messages[-1]["role"] == "assistant"
    with pytest.raises(data.DataError, match="a conversation of 60,000 was expected"):
        chained([run(10)], 60_000)


def test_a_quiet_turn_is_cheaper_than_a_full_call():
    found = measure(chained([run(200)], 40_000), "openai", "gpt-4o")
    assert 0 < found.turn < found.full
    assert f"{found.turn / found.full:.1%}" in str(found)


def test_too_little_data_is_told(capsys, tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text('{"id": "a", "format": "openai", "messages": [{"role": "user", "content": "hi"}, '
                    '{"role": "assistant", "content": "yes"}]}\n')  # fmt: skip
    assert bill.main(["--turn-time", "--data", str(path)]) == 2
    assert "200,000 was expected" in capsys.readouterr().err
