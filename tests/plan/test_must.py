"""What must stay of a text is in every form in which the text is shown, and reasons to stay are given per block."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import cost, difference
from paths import ROOT
from pieces import texts

from compresskit import restore
from compresskit.messages import read
from compresskit.plan.budget import Limits, fitted
from compresskit.plan.groups import atoms
from compresskit.plan.judging import judge
from compresskit.relevance.query import derive
from compresskit.tokens.measure import measure_for

MODEL = "gpt-4o"
ASK = "Read this file. Which method fills the knapsack? Answer in one sentence.\n\n"
REMINDER = "\n\nRemember: one sentence, in French.\n"
CODE = (ROOT / "compresskit" / "plan" / "knapsack.py").read_text(encoding="utf-8")
NOTES = "".join(f"On day {n} the harbour was closed and {n * 7} ships waited outside of it.\n\n" for n in range(80))


def planned(messages, room, must=None, why=None, folds=True):
    """Messages written within a room; ``must`` and ``why`` are ranges and reasons by (message, block)."""
    turns = read(messages, "auto").turns
    for (message, block), ranges in (must or {}).items():
        turns[message].blocks[block].must = tuple(ranges)
    staying = {turns[message].blocks[block].place: reason for (message, block), reason in (why or {}).items()}
    measure = measure_for(MODEL, None)
    groups = atoms(turns, ["" if folds else "must not fold"] * len(turns), staying, room)
    judged = judge(messages, turns, groups, staying, derive(turns, None), measure, room)
    written, floor = fitted(Limits(room, True, {}, measure), judged, None)
    assert difference(restore(written.messages, dict(written.cache)), messages) is None
    return written, floor, judged


def around(*parts):
    """A text of parts, the even ones of which must stay, and their ranges."""
    ranges, text = [], ""
    for number, part in enumerate(parts):
        if number % 2 == 0 and part:
            ranges.append((len(text), len(text) + len(part)))
        text += part
    return text, ranges


@pytest.mark.parametrize("room", [3_000, 1_000, 300, 10])
def test_an_instruction_stays_whole_beside_its_document(room):
    text, ranges = around(ASK, CODE, REMINDER)
    written, floor, _ = planned([{"role": "user", "content": text}], room, {(0, 0): ranges}, folds=False)
    shown = written.messages[0]["content"]
    assert shown.startswith(ASK)
    assert shown.endswith(REMINDER)
    assert written.tokens <= max(room, floor)
    assert written.tokens >= 0.8 * room or room == 3_000
    assert [row.action for row in written.decisions] == ["excerpt"]
    assert ("\n    def fill(" in shown) == (room >= 300)  # the method itself; a marker may have its signature


def test_the_floor_of_such_a_text_is_its_instruction_and_a_marker():
    text, ranges = around(ASK, CODE, REMINDER)
    written, floor, _ = planned([{"role": "user", "content": text}], 10, {(0, 0): ranges}, folds=False)
    shown = written.messages[0]["content"]
    assert shown.startswith(f"{ASK}[… lines 3-")
    assert shown.endswith(f"]\n{REMINDER}")
    assert written.tokens <= floor <= cost([{"role": "user", "content": ASK + REMINDER}]) + 30


def test_a_document_between_instructions_is_cut_as_what_it_is():
    text, ranges = around(ASK, CODE, REMINDER, NOTES, "Go on.")
    _, _, judged = planned([{"role": "user", "content": text}], 1_000, {(0, 0): ranges}, folds=False)
    (one,) = judged.candidates
    assert one.split.kind == "python"
    assert any(segment.name == "Knapsack.fill" for segment in one.split.segments)
    assert [text[start:end] for start, end, _ in (one.split.segments[n] for n in sorted(one.must))] == [
        ASK,
        REMINDER,
        "Go on.",
    ]
    assert "".join(text[start:end] for start, end, _ in one.split.segments) == text


def test_a_text_that_must_stay_as_a_whole_or_nearly_so_is_kept():
    text = ASK + "A short note.\n" + REMINDER * 30
    ranges = [(0, len(ASK)), (len(ASK) + 14, len(text))]
    written, _, _ = planned([{"role": "user", "content": text}], 10, {(0, 0): ranges}, folds=False)
    assert written.messages == [{"role": "user", "content": text}]


pieces = texts | st.sampled_from([CODE[:3_000], NOTES, ASK, '{"a": [1, 2, 3]}' * 40, "x" * 900])


@given(
    st.lists(st.lists(pieces, min_size=1, max_size=5), min_size=1, max_size=4),
    st.integers(1, 1_500),
    st.booleans(),
    st.data(),
)
def test_what_must_stay_is_shown_unless_its_message_folds(parts, room, folds, data):
    made = [around(*some) for some in parts]
    messages = [{"role": "user", "content": text} for text, _ in made] + [{"role": "user", "content": "Go on."}]
    shift = data.draw(st.integers(0, 3))  # ranges that end anywhere, overlap or leave the text
    must = {(n, 0): [(start, end + shift) for start, end in reversed(ranges)] for n, (_, ranges) in enumerate(made)}
    written, floor, _ = planned(messages, room, must, folds=folds)
    for number, (text, ranges) in enumerate(made):
        if number not in written.places:
            assert folds
            continue
        shown = written.messages[written.places[number]]["content"]
        place = 0
        for start, end in ranges:
            place = shown.find(text[start:end], place)
            assert place >= 0
            place += end - start
    if floor <= room:
        assert written.tokens <= room
    assert written.tokens >= cost(written.messages) - 20


def parts_of(*given_texts):
    return [{"type": "text", "text": text} for text in given_texts]


def test_a_reason_keeps_its_block_and_not_its_neighbour():
    messages = [
        {"role": "user", "content": parts_of(NOTES, CODE)},
        {"role": "assistant", "content": "I have read it."},
        {"role": "user", "content": NOTES},
    ]
    written, _, _ = planned(messages, 1, why={(0, 0): "named by the caller"})
    first, second = (part["text"] for part in written.messages[written.places[0]]["content"])
    assert first == NOTES
    assert second.startswith("[… ")
    assert [(row.action, row.why) for row in written.decisions[:1]] == [("protected", "named by the caller")]
    written, _, _ = planned(messages, 100)
    assert 0 not in written.places
