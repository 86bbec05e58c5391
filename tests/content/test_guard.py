"""A fault in what looks at a text costs its short form, its cuts or its words: never the request."""

import sys

import pytest
from texts import KINDS, make_text

from compresskit import compress, restore
from compresskit.content import FORMS

MESSAGES = [{"role": "user", "content": make_text(kind, 1, 4_000)} for kind in sorted(KINDS)]
MESSAGES += [{"role": "user", "content": make_text("code", 2, 8_000)}]
MESSAGES += [{"role": "assistant", "content": "Done."}, {"role": "user", "content": "And then?"}] * 3
STAGES = {
    "detector": ("compresskit.content.detect", "_detected"),
    "splitter": ("compresskit.content.split", "_marks_of_kind"),
    "description": ("compresskit.content.describe", "_described"),
    "outline": ("compresskit.plan.signatures", "signatures"),
    "form": ("compresskit.content.compact", "FORMS"),
}


def break_stage(monkeypatch, stage, error):
    calls = []

    def fail(*_args):
        calls.append(stage)
        raise error

    module, name = STAGES[stage]
    monkeypatch.setattr(sys.modules[module], name, dict.fromkeys(FORMS, fail) if stage == "form" else fail)
    return calls


@pytest.mark.parametrize("stage", STAGES)
def test_a_fault_falls_back_to_the_plain_text(monkeypatch, stage):
    calls = break_stage(monkeypatch, stage, RuntimeError("a fault"))
    for target in (3_000, 9_000, 20_000):
        result = compress(MESSAGES, "gpt-4o", trigger=target, target=target)
        assert restore(result.messages, result.cache) == MESSAGES
        assert result.target_met
    assert calls


@pytest.mark.parametrize("stage", STAGES)
def test_no_memory_left_is_no_fault_of_a_text(monkeypatch, stage):
    break_stage(monkeypatch, stage, MemoryError())
    with pytest.raises(MemoryError):
        compress(MESSAGES, "gpt-4o", trigger=9_000, target=9_000)
