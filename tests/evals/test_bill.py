"""The bill of a run, turn by turn, on made-up runs whose price can be worked out by hand."""

import json
import os
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from compresskit.prices import prices_for, usual
from evals.harness import contenders
from evals.harness.cases import Turn
from evals.harness.contenders import CONTENDERS, Sent, compresskit_previous
from evals.harness.peers import ENVIRONMENT
from evals.harness.rivals import SUMMARY_TOKENS
from evals.harness.tokens import count, count_message
from evals.suites import bill
from evals.suites.replay import Run, replay, row

WORDS = "The weather was fine and nobody asked for anything in particular that day.\n"


def user(text):
    return {"role": "user", "content": text}


def assistant(text):
    return {"role": "assistant", "content": text}


def call(arguments):
    made = {"id": "c", "type": "function", "function": {"name": "book", "arguments": json.dumps(arguments)}}
    return {"role": "assistant", "content": None, "tool_calls": [made]}


def talk(*, code="ABC-1234", turns=6):
    """Something is said once, early; much talk; at the end it is used."""
    middle = [message for _ in range(turns) for message in (user(WORDS * 5), assistant(WORDS))]
    return [user("Book it."), assistant("What?"), user(f"The code is {code}."), *middle, user("Go."), call({"x": code})]


def run_of(messages, *, trigger=10_000, target=5_000, prices=None, shape="openai"):
    return Run("made up", "group", shape, messages, trigger, target, "gpt-4o", prices or usual())


def sizes(messages):
    return [count_message(message) for message in messages]


def test_everything_writes_what_is_new_and_reads_the_rest():
    """Every message is written once and read in every later request."""
    messages = talk()
    figures = replay(run_of(messages), CONTENDERS["everything"])
    costs = sizes(messages)
    ends = [end for end, message in enumerate(messages) if message["role"] == "assistant"]
    assert [one.prompt for one in figures] == [sum(costs[:end]) for end in ends]
    assert [one.read for one in figures] == [0, *(sum(costs[:end]) for end in ends[:-1])]
    exact = [1.25 * one.written + 0.1 * one.read for one in figures]
    assert [one.bill for one in figures] == pytest.approx(exact, abs=0.5)
    assert all((one.changed, one.compacts, one.retrieves, one.bounce) == (0, False, False, 0) for one in figures)


def test_a_message_that_changes_makes_all_behind_it_new():
    """The first message changes in every turn: nothing is read, and its first byte that differs counts."""
    messages = talk()

    def restless(turn, _state):
        first = user(f"{'x' * len(turn.messages)} {turn.messages[0]['content']}")
        return Sent([first, *turn.messages[1:]])

    figures = replay(run_of(messages), restless)
    assert {one.read for one in figures} == {0}
    before = [user("x Book it."), *messages[1:1]]
    same = len(json.dumps(before[0])) - len(' Book it."}')
    assert figures[1].changed == sum(len(json.dumps(message)) for message in before) - same


def test_tools_stand_before_the_messages():
    """New tools make the whole prompt new; the same tools are read with it."""
    messages = talk()
    tools = [{"name": "tool"}]
    figures = replay(run_of(messages), lambda turn, _: Sent(turn.messages, tools if len(turn.messages) > 3 else None))
    assert figures[1].read == 0
    assert figures[2].read == figures[1].prompt
    assert figures[1].prompt == sum(sizes(messages[:4])) + count(json.dumps(tools))


def hiding(cache):
    """Sends everything but the message with the code."""
    return lambda turn, _: Sent(
        [turn.messages[0], *turn.messages[3:]] if len(turn.messages) > 5 else turn.messages, cache=cache
    )


def test_what_cannot_be_read_is_retrieved_and_paid_for():
    """The prompt once more as a read, and the message as a write, in the one turn that needs it."""
    messages = talk()
    figures = replay(run_of(messages), hiding({"key": "The code is ABC-1234."}))
    assert [one.retrieves for one in figures] == [False] * (len(figures) - 1) + [True]
    last = figures[-1]
    assert last.bounce == round(0.1 * last.prompt + 1.25 * count_message(messages[2]))
    assert not last.loses


def test_what_is_not_in_the_cache_is_lost_and_costs_nothing():
    figures = replay(run_of(talk()), hiding({"key": "The code is ABC-12345."}))
    assert [(one.retrieves, one.loses, one.bounce) for one in figures[-1:]] == [(True, True, 0)]


def test_the_newest_message_is_retrieved_too_if_it_entered_without_what_is_used():
    """Only the last message says the code, and it is sent without it: a need, but no use of the history before it."""
    messages = [user("Book it."), assistant("What?"), user(f"The code is ABC-1234.\n{WORDS}"), call({"x": "ABC-1234"})]

    def short(turn, _):
        return Sent([*turn.messages[:2], user(WORDS)][: len(turn.messages)], cache={"key": "ABC-1234"})

    figures = replay(run_of(messages), short)
    assert [(one.uses, one.retrieves) for one in figures] == [(False, False), (False, True)]
    assert not any(one.retrieves for one in replay(run_of(messages), CONTENDERS["everything"]))


def test_a_cache_may_hold_the_json_of_contents():
    figures = replay(run_of(talk()), hiding({"key": json.dumps([{"type": "text", "text": "is\nABC-1234."}])}))
    assert figures[-1].retrieves
    assert not figures[-1].loses


def test_a_contender_that_raises_sends_everything_and_keeps_its_state():
    """Counted as failed, in the turn in which it is."""
    states = []

    def breaks(turn, state):
        states.append(state)
        if len(states) == 2:
            raise ValueError("no")
        return Sent(turn.messages[:1], state=len(states))

    messages = talk()
    figures = replay(run_of(messages), breaks)
    assert [one.error for one in figures[:3]] == [None, "ValueError: no", None]
    assert figures[1].prompt == sum(sizes(messages[:4]))
    assert states[:4] == [None, 1, 1, 3]


def test_a_compaction_is_a_change_that_the_trigger_asks_for():
    """A change of what would have fitted is none, and its bytes count."""
    messages = talk(turns=10)
    costs = sizes(messages)
    trigger = sum(costs) // 2

    def compact(turn, _state):
        fits = sum(sizes(turn.messages)) <= trigger
        return Sent(turn.messages if fits else [turn.messages[0], *turn.messages[-3:]])

    figures = replay(run_of(messages, trigger=trigger), compact)
    changes = [one for one in figures if one.changed]
    assert [one.compacts for one in changes] == [True] + [False] * (len(changes) - 1)
    found = row(run_of(messages, trigger=trigger), "compact", figures, figures)
    assert found["compactions"] == 1
    assert found["changed"] == sum(one.changed for one in changes[1:]) > 0


def test_a_loop_that_keeps_what_it_sent_changes_nothing_between_compactions():
    """compresskit-kept: no byte changes outside a compaction, and the trigger holds."""
    messages = talk(turns=40)
    trigger = sum(sizes(messages)) // 2
    run = run_of(messages, trigger=trigger, target=trigger // 2)
    figures = replay(run, CONTENDERS["compresskit-kept"])
    found = row(run, "kept", figures, replay(run, CONTENDERS["everything"]))
    assert found["changed"] == 0
    assert found["compactions"] >= 1
    assert max(one.prompt for one in figures) <= trigger
    assert not any(one.loses or one.error for one in figures)


def test_a_real_models_rules_change_the_bill():
    """OpenAI reads in steps of 128 tokens, from 1,024 on, and writes cost what new tokens cost."""
    figures = replay(run_of(talk(turns=20), prices=prices_for("gpt-4o")), CONTENDERS["everything"])
    assert {one.read % 128 for one in figures} == {0}
    assert all(one.read == 0 for one in figures if one.prompt < 1_024)
    assert any(one.read for one in figures)
    assert all(abs(one.bill - 2.5 * (one.written + one.fresh) - 1.25 * one.read) <= 0.5 for one in figures)


def test_masking_keeps_the_newest_ten_observations_and_loses_the_others():
    """As in the paper: an old output becomes one line, in every later turn too."""
    messages = [user("Find it."), *(part for turn in range(14) for part in (assistant(f"ls {turn}"), user(WORDS * 5)))]
    sent = CONTENDERS["masking"](Turn(messages, 10**6, 10**6), None).messages
    masked = [one["content"] for one in sent if one["content"] == "[6 lines of output omitted]"]
    assert len(masked) == 4
    assert sent[-20:] == messages[-20:]


def test_a_summary_is_paid_and_twenty_messages_stay():
    pytest.importorskip("langchain")
    messages = talk(turns=30)
    sent = CONTENDERS["summaries"](Turn(messages, 1_000, 500), None)
    assert sent.messages[1:] == messages[-20:]
    assert count(sent.messages[0]["content"]) == pytest.approx(SUMMARY_TOKENS, rel=0.2)
    assert sent.beside > 4 * SUMMARY_TOKENS * 0.8
    assert replay(run_of(messages, trigger=1_000), CONTENDERS["summaries"])[-1].loses


def test_lives_of_the_cache_change_what_a_write_and_a_read_cost():
    minutes, hour, none = (bill.prices_of("claude-sonnet-4-5", life) for life in bill.LIVES)
    assert (minutes.write, hour.write, none.write) == (3_750_000, 6_000_000, 3_000_000)
    assert (minutes.read, hour.read, none.read) == (300_000, 300_000, 3_000_000)


@pytest.mark.parametrize("name", CONTENDERS)
def test_contenders_take_both_shapes_and_leave_the_history_alone(name):
    """As they are called in a replay, at the first turn and with the state of the turn before."""
    if name == "litellm":
        pytest.importorskip("litellm")
    if name == "headroom" and ENVIRONMENT not in os.environ:
        pytest.skip("no environment with headroom-ai")
    anthropic = [user("Go."), {"role": "assistant", "content": [{"type": "text", "text": WORDS * 40}]}] * 4 + [
        user("On.")
    ]
    for shape, messages in (("openai", talk()[:-1]), ("anthropic", anthropic)):
        before = json.dumps(messages)
        state = None
        for end in (3, len(messages)):
            state = CONTENDERS[name](Turn(messages[:end], 200, 100, shape), state).state
        assert json.dumps(messages) == before


def test_the_result_of_a_turn_is_handed_to_the_next(monkeypatch):
    """As `previous`, unread; the first turn has none."""
    given = []

    def compress(messages, model, trigger, target, *, shape, previous):
        given.append((len(messages), model, trigger, target, shape, previous))
        return SimpleNamespace(messages=messages, tools=None, cache={}, skipped_reason=None, number=len(given))

    monkeypatch.setattr(contenders, "compress", compress)
    replay(run_of(talk(turns=1)), compresskit_previous)
    assert [one[:5] for one in given] == [(end, "gpt-4o", 10_000, 5_000, "openai") for end in (1, 4, 6)]
    assert given[0][5] is None
    assert [one[5].number for one in given[1:]] == [1, 2]


def file_of(folder):
    path = folder / "own.jsonl"
    path.write_text("".join(json.dumps({"id": f"r{n}", "messages": talk(turns=4 + n)}) + "\n" for n in range(2)))
    return path


def test_a_users_own_runs_give_a_table_a_record_and_a_plot(tmp_path, capsys):
    """Each request is in the record; the same run gives the same record but for its times."""
    records = []
    for jobs in ("1", "2"):
        record, chart = tmp_path / f"{jobs}.json", tmp_path / f"{jobs}.svg"
        options = ["--data", str(file_of(tmp_path)), "--compressors", "everything,window", "--jobs", jobs]
        assert bill.main([*options, "--json", str(record), "--plot", str(chart)]) == 0
        assert "own" in capsys.readouterr().out
        records.append(json.loads(record.read_text()))
        drawn = chart.read_text()
        ElementTree.fromstring(drawn)
        assert [drawn.count(f"<title>{name}</title>") for name in ("everything", "window")] == [2, 2], "a line a panel"
        assert "Bill so far: r1" in drawn
    for record in records:
        assert str(tmp_path) not in json.dumps(record)
        for one in record["rows"]:
            assert len(one["turns"]) == one["requests"]
            for timed in (one, *one["turns"]):
                del timed["seconds"]
        for line in record["figures"]:
            del line["figures"]["seconds"]
    assert records[0] == records[1]
    sums = [line["figures"]["bill, in sum"]["mean"] for line in records[0]["figures"]]
    assert sums[0] == 1.0 > sums[1] > 0


@pytest.mark.parametrize(
    "options",
    [["--prices", "nobody-knows-this"], ["--data", "/no/such/place"], ["--plot-run", "nobody", "--plot", "x.svg"]],
)
def test_what_cannot_be_replayed_is_an_error_in_words(options, tmp_path, capsys):
    given = ["--data", str(file_of(tmp_path)), "--compressors", "everything", *options]
    assert bill.main(given) == 2
    assert "bill:" in capsys.readouterr().err


@pytest.mark.parametrize("options", [["--trigger", "0"], ["--compressors", "oracle"], ["--target", "x"]])
def test_wrong_options_are_refused(options, capsys):
    with pytest.raises(SystemExit) as stopped:
        bill.main(options)
    assert stopped.value.code == 2
    assert options[0] in capsys.readouterr().err
