"""Markers tell names of what they hide: ids, paths and identifiers that nothing kept shows."""

import json
import re
from itertools import product

import pytest
from squeezing import squeezed

from compresskit import compress
from compresskit.tokens.measure import measure_for

MODEL = "gpt-4o"
MARKER = re.compile(r"^\[… [^\n]*\]$", re.MULTILINE)
NAME = re.compile(r"\b[a-z]+_[a-z]+\b")
VERBS = ["open", "close", "read", "write", "merge", "split", "load", "save", "send", "drop"]
NOUNS = ["parcel", "ledger", "harbour", "window", "signal", "garden", "bottle", "ticket", "engine", "mirror"]
NAMES = [f"{verb}_{noun}" for verb, noun in product(VERBS, NOUNS)]
MOODS = ["early", "late", "slow", "quick", "calm"]


def agent(*results, task="Find out why the nightly import stops.", last="Go on."):
    """An agent that ran a command for each result, and then something small."""
    messages = [{"role": "user", "content": task}]
    for number, text in enumerate([*results, "done"]):
        function = {"name": "run", "arguments": json.dumps({"step": number})}
        call = {"id": f"call_{number}", "type": "function", "function": function}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": f"call_{number}", "content": text})
    return [*messages, {"role": "user", "content": last}]


def batched(names):
    return zip(names[::2], names[1::2], strict=True)


def paragraphs(said):
    """A paragraph of three lines for each thing said, which stands in the last of them."""
    return "".join(
        f"The {MOODS[n % 5]} part of the work went on as usual.\nNobody asked for more, and it was quiet.\n{each}\n\n"
        for n, each in enumerate(said)
    )


BOOK = paragraphs(f"Then {name} was done." for name in NAMES)
QUIET = paragraphs(["And so on."] * 60)


def markers_of(result):
    return [marker for message in result.messages for marker in MARKER.findall(str(message["content"] or ""))]


def names_in(result):
    return NAME.findall(" ".join(markers_of(result)))


@pytest.mark.parametrize("share", [0.15, 0.3, 0.5])
def test_names_of_what_is_left_out_stand_in_its_markers(share):
    result = squeezed(agent(BOOK, QUIET), share)
    lines = BOOK.split("\n")
    told = []
    for first, last, words in re.findall(
        r"^\[… lines (\d+)-(\d+): ([^\n]*)\]$", str(result.messages[2]["content"]), re.M
    ):
        found = NAME.findall(words)
        hidden = " ".join(lines[int(first) - 1 : int(last)])
        assert all(name in hidden for name in found)
        told += found
    assert len(told) >= 3
    assert len(set(told)) == len(told)


def test_the_less_of_a_history_that_goes_on_can_stay_the_more_of_it_are_names():
    messages = agent(BOOK, QUIET)
    before = compress(messages[:-1], MODEL)
    told = {}
    for share in (0.4, 0.2):
        once, going_on = (squeezed(messages, share, previous=previous) for previous in (None, before))
        told[share] = len(names_in(once)), len(names_in(going_on))
    assert abs(told[0.4][0] - told[0.4][1]) <= told[0.4][0] / 3
    assert told[0.2][1] >= 2 * told[0.2][0]


def test_beyond_a_target_out_of_reach_most_of_the_room_goes_to_names():
    rules = "Be careful with every invoice. " * 400
    names = [f"{mood}{name}" for mood in MOODS for name in NAMES]
    messages = agent("\n".join(f"Then {each} and {other}." for each, other in batched(names)), QUIET, task=rules)
    whole = compress(messages, MODEL, trigger=10**9).original_tokens
    budget = {"trigger": whole * 6 // 10, "target": 500, "protect": [0]}
    result = compress(messages, MODEL, **budget, previous=compress(messages[:-1], MODEL))
    free = result.compressed_tokens - result.floor_tokens
    told = measure_for(MODEL, None).count(", ".join(names_in(result)))
    assert not result.target_met
    assert 0.4 * free < told < 0.8 * free


def test_a_name_that_can_be_read_is_not_told():
    result = squeezed(agent(BOOK, QUIET, last="What did merge_bottle say?"), 0.3)
    kept = "\n".join(MARKER.sub("", str(message["content"])) for message in result.messages)
    assert not set(names_in(result)) & set(NAME.findall(kept))
    assert "merge_bottle" in kept


def test_a_name_is_not_told_beside_its_signature():
    code = "".join(f"def {name}(value):\n    return value + len(value) * 2 - 1\n\n\n" for name in NAMES)
    told = names_in(squeezed(agent(code, QUIET), 0.5))
    assert told
    assert len(told) == len(set(told))


def test_plain_numbers_and_dashed_words_are_no_names():
    said = [f"It took {n * 37 + 1000} steps of a well-known kind." for n in range(100)]
    for marker in markers_of(squeezed(agent(paragraphs(said), QUIET), 0.3)):
        assert "well-known" not in marker
        assert not re.search(r"[:,] \d{4}[,:\]]", marker)


WORTH = ["PROJ-1234", "getUser2", "app2.py", "a1b2c3d4e5", "os.path", "JFK"]
WORTHLESS = ["TODO", "ERROR", "and/or", "he/she", "e.g", "NOT", "0.8em", "2nd"]


def test_ids_are_told_and_words_in_capitals_are_not():
    said = [f"Then {NAMES[n % 5]} met {WORTH[n % 6]} {WORTHLESS[n % 8]} there." for n in range(60)]
    words = set()
    for share in (0.04, 0.05, 0.06):
        told = markers_of(squeezed(agent(paragraphs(said), QUIET, QUIET + QUIET), share))
        words |= set(re.split(r"[ ,:\]]+", " ".join(told)))
    assert len(words & set(WORTH)) >= 3
    assert not words & set(WORTHLESS)
    assert not words & {"call_0", "call_1", "call_2"}  # they only tie calls and results


@pytest.mark.parametrize("lead", ["/home/user/app/", "../lib/", "./a/", "~/work/", "src/part/", "/"])
def test_paths_are_told_as_they_stand(lead):
    listing = paragraphs(f"It was found in {lead}{name}.py\nand nothing else." for name in NAMES)
    told = []
    for share in (0.2, 0.4):
        for marker in markers_of(squeezed(agent(listing, QUIET), share)):
            told += [name for name in re.split(r", |: |\]", marker) if ".py" in name]
    assert len(told) >= 5
    assert all(f"found in {name}\n" in listing for name in told)


def test_what_is_out_of_date_has_no_names():
    path = json.dumps({"path": "src/app.py"})
    old = "".join(f"def gone_{name}():\n    return 1 + 1 + 1 + 1\n\n\n" for name in NAMES)
    new = "".join(f"def here_{name}():\n    return 1 + 1 + 1 + 1\n\n\n" for name in NAMES)
    messages = agent(old, QUIET, new)
    for place in (1, 5):
        messages[place]["tool_calls"][0]["function"] = {"name": "read_file", "arguments": path}
    result = squeezed(messages, 0.5)
    stale = [marker for marker in markers_of(result) if "changed, read again below" in marker]
    assert stale
    assert all(marker.partition("read again below")[2].startswith(": retrieve") for marker in stale)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.9])
def test_a_form_that_hides_nothing_tells_no_names(share):
    rows = [{"id": n, "state": "ok", "done": [f"by {name}"]} for n, name in enumerate(NAMES)]
    for row in (result := squeezed(agent(BOOK, json.dumps(rows, indent=1), QUIET), share)).decisions:
        if row.action == "compact":
            first = str(result.messages[row.message]["content"]).partition("\n")[0]
            assert first.startswith("[… JSON in short form: complete, ")


def test_no_names_where_nobody_acts():
    """A question about passages says itself what it needs: all the room is theirs."""
    result = squeezed([{"role": "user", "content": BOOK}, {"role": "user", "content": "What was slow?"}], 0.3)
    assert markers_of(result)
    assert not names_in(result)


@pytest.mark.parametrize("share", [0.2, 0.4, 0.6])
def test_names_take_a_small_share_of_the_room(share):
    result = squeezed(agent(BOOK, QUIET), share)
    assert 3 <= 3 * len(names_in(result)) < 0.1 * result.compressed_tokens  # at least three tokens each, with the comma


def test_stubs_and_short_forms_tell_names_too():
    rows = [{"id": n, "state": "ok", "done": [f"by {name}"]} for n, name in enumerate(NAMES)]
    actions = set()
    for share in (0.04, 0.05, 0.1, 0.2):
        result = squeezed(agent(BOOK, json.dumps(rows, indent=1), QUIET), share)
        for row in result.decisions:
            if row.key and any(NAME.search(marker) for marker in markers_of(result) if row.key in marker):
                short = "in short form" in str(result.messages[row.message]["content"])
                actions.add("short" if short else row.action)
    assert {"stub", "short"} <= actions


def test_folds_tell_names_too():
    steps = [f"{name} went well, as was to be seen from all that was said of it there before" for name in NAMES[:60]]
    result = squeezed(agent(*steps), 0.2)
    folds = [marker for marker in markers_of(result) if "earlier message" in marker]
    assert any(NAME.search(marker) for marker in folds)


def test_a_marker_without_a_key_does_not_end_in_a_word_that_looks_like_one():
    endings = ("classifications", "reconciliations", "transformations", "configurations")
    text = paragraphs(f"Then {verb}_{ending} was done." for verb, ending in product(VERBS, endings))
    asked = "What of read_classifications, merge_transformations and load_configurations?"
    told = 0
    for share in (0.2, 0.3, 0.4, 0.5):
        for marker in markers_of(squeezed(agent(text, QUIET, last=asked), share)):
            told += "retrieve" not in marker and bool(NAME.search(marker))
            ending = re.search(r"(?<![A-Za-z])([a-z]{12,59})\]$", marker)
            assert ending is None or "retrieve " + ending[1] in marker
    assert told


def test_who_cannot_ask_is_told_names_too():
    result = squeezed(agent(BOOK, QUIET), 0.2, recoverable=False)
    assert names_in(result)
    assert not any("retrieve" in marker for marker in markers_of(result))
