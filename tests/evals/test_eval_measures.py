"""The figures of the evals on made-up cases whose values are known."""

import argparse

import pytest

from compresskit.bill.actions import action
from compresskit.bill.atoms import atoms
from evals.harness.baselines import everything, head_tail, oracle, random_segments, window
from evals.harness.cases import Outcome, measured
from evals.harness.tokens import count_request
from evals.suites import agent_points, multihop_qa, swe_bench

OPTIONS = argparse.Namespace(
    target=[0.4], layouts=["apart", "together"], limit=None, seed=0, model="gpt-4o", trigger=10, name="made up"
)
FILLER = "The weather was fine and nobody asked for anything in particular that day.\n"


def agent_run() -> dict:
    """An id that is said once, early, and used at the end; much talk between."""
    talk = [{"role": role, "content": FILLER * 12} for _ in range(10) for role in ("user", "assistant")]
    call = {"id": "c1", "type": "function", "function": {"name": "book", "arguments": '{"user_id": "mia_li_3668"}'}}
    return {
        "id": "run",
        "format": "openai",
        "messages": [
            {"role": "system", "content": "You book flights."},
            {"role": "user", "content": "Book a flight."},
            {"role": "assistant", "content": "Who are you?"},
            {"role": "user", "content": "I am mia_li_3668."},
            *talk,
            {"role": "user", "content": "Go on."},
            {"role": "assistant", "content": None, "tool_calls": [call]},
        ],
    }


def questions() -> list[dict]:
    """Twelve questions of one data set, two supporting sentences each."""
    return [
        {
            "id": f"made-{n}",
            "question": f"Where was the founder of firm {n} born?",
            "paragraphs": [
                [f"Firm {n}", [f"Firm {n} was founded by Person {n}.", " It makes chairs." * 9]],
                [f"Person {n}", [f"Person {n} was born in Town {n}.", " Nobody knows when." * 9]],
            ],
            "support": [f"Firm {n} was founded by Person {n}.", f"Person {n} was born in Town {n}."],
        }
        for n in range(12)
    ]


def swe_instance() -> tuple[dict, dict[str, str]]:
    """An instance and the files of its repository."""
    shop = "\n".join(
        ["import tax", "", "def price(x):", "    return x", "", *[f"A{n} = {n}" for n in range(60)], "end = 1"]
    )
    patch = (
        "diff --git a/shop.py b/shop.py\n--- a/shop.py\n+++ b/shop.py\n@@ -1,4 +1,4 @@\n"
        " import tax\n \n def price(x):\n-    return x\n+    return x * tax.RATE\n"
        "@@ -66 +66,2 @@\n end = 1\n+done = 2\n"
    )
    instance = {
        "instance_id": "made__up-1",
        "repo": "made/up",
        "base_commit": "0" * 40,
        "patch": patch,
        "problem_statement": "The price has no tax.",
    }
    files = {"shop.py": shop, "tax.py": "RATE = 1.2\n" * 30, "tests/test_shop.py": "assert price\n", "empty.py": ""}
    return instance, files


def made_cases() -> list:
    """One case of every eval and layout."""
    built = swe_bench.conversation(*swe_instance(), 27_000, 0)
    return [
        *agent_points.cases(agent_run(), "made up", 0.4, 0, "gpt-4o"),
        *multihop_qa.cases(questions(), 0.2, OPTIONS)[::11],
        swe_bench.case(built, 0.4, OPTIONS),
    ]


def figures(row: dict) -> list[float]:
    return [row[key] for key in ("support", "recovery", "lines", "hunks", "files") if row.get(key) is not None]


@pytest.mark.parametrize("case", made_cases(), ids=lambda case: case.name)
def test_everything_keeps_everything_and_misses_the_target(case):
    """Nothing is taken out, so every figure is 1 and the target is missed."""
    row = measured(case, everything(case.request))
    assert set(figures(row)) == {1.0}
    assert (row["met"], row["missed"], row["after"]) == (0.0, 1.0, row["before"])


@pytest.mark.parametrize("case", made_cases(), ids=lambda case: case.name)
def test_an_oracle_reaches_everything_within_the_target(case):
    """What is needed is small, so knowing it is enough."""
    row = measured(case, oracle(case.request))
    assert set(figures(row)) == {1.0}
    assert row["after"] <= row["target"] < row["before"]


@pytest.mark.parametrize("case", made_cases(), ids=lambda case: case.name)
@pytest.mark.parametrize("compressor", [head_tail, random_segments, window])
def test_simple_baselines_hold_the_target_and_leave_their_input_alone(case, compressor):
    """They cut copies, at most to the target, and never the fixed messages."""
    before = repr(case.request.messages)
    outcome = compressor(case.request)
    assert count_request(outcome.messages) <= case.request.target
    assert repr(case.request.messages) == before
    assert all(outcome.text_of(i).strip() == case.request.messages[i]["content"].strip() for i in case.request.fixed)


def test_nothing_left_scores_nothing():
    """An empty outcome has none of it."""
    for case in made_cases():
        assert set(figures(measured(case, Outcome([], origins=[])))) == {0.0}


def test_an_agent_needs_what_only_its_history_says():
    """The id is needed; words and what the last two messages say are not."""
    (case,) = agent_points.cases(agent_run(), "made up", 0.4, 0, "gpt-4o")
    history = case.request.messages
    assert agent_points.needed(history, agent_run()["messages"][-1]) == {"mia_li_3668"}
    said_again = [*history[:-1], {"role": "user", "content": "Go on, mia_li_3668."}]
    assert agent_points.needed(said_again, agent_run()["messages"][-1]) == frozenset()


def test_recovery_counts_the_cache_and_support_does_not():
    """What is only in the cache can be asked for, but cannot be read."""
    (case,) = agent_points.cases(agent_run(), "made up", 0.4, 0, "gpt-4o")
    last_two = case.request.messages[-2:]
    row = measured(case, Outcome(last_two, {"key": 'kept as [{"text": "I am\\nmia_li_3668."}]'}))
    assert (row["support"], row["recovery"]) == (0.0, 0.0)  # an n before it: no whole id, and no JSON either
    row = measured(case, Outcome(last_two, {"key": '[{"text": "I am\\nmia_li_3668."}]'}))
    assert (row["support"], row["recovery"]) == (0.0, 1.0)


def test_the_target_of_a_point_is_the_fixed_messages_and_a_share_of_the_rest():
    """System prompt, first user message and last two messages whole, 40 % of the others."""
    (case,) = agent_points.cases(agent_run(), "made up", 0.4, 0, "gpt-4o")
    messages = case.request.messages
    fixed = count_request([*messages[:2], *messages[-2:]])
    assert case.request.target == fixed + int(0.4 * count_request(messages[2:-2]))


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"role": "assistant", "content": "I look.\n```\nopen a.py\n```"}, "open a.py"),
        ({"role": "assistant", "content": "It costs 250."}, "It costs 250."),
        (
            {
                "role": "assistant",
                "content": [
                    {"type": "text", "text": "I read b.py."},
                    {"type": "tool_use", "id": "t", "name": "read", "input": {"path": "a.py", "limit": 20}},
                ],
            },
            "a.py\n20",
        ),
        (
            {
                "role": "assistant",
                "content": "Now.",
                "tool_calls": [{"id": "c", "function": {"name": "run", "arguments": '{"command": "ls\\na.py"}'}}],
            },
            "ls\na.py",
        ),
    ],
)
def test_an_action_is_the_arguments_then_the_command_then_the_text(message, text):
    """What the assistant does, not what it says beside it."""
    assert action(message) == text


def test_half_of_the_support_is_half():
    """One of two supporting sentences."""
    question = questions()[0]
    case = multihop_qa.cases(questions(), 0.2, OPTIONS)[0]
    kept = Outcome([{"role": "user", "content": question["support"][1]}])
    assert measured(case, kept)["support"] == 0.5


def test_a_question_has_its_own_paragraphs_and_those_of_nine_more_each_once():
    """Going round at the end of the data set; a paragraph that comes twice is shown once."""
    made = questions()
    messages = multihop_qa.conversation(made, 11, "apart", 0)
    assert messages[-1]["content"] == made[11]["question"]
    titles = {message["content"].split("\n")[0] for message in messages[:-1]}
    assert titles == {f"{kind} {n}" for kind in ("Firm", "Person") for n in [11, *range(9)]}
    made[1]["paragraphs"] = made[0]["paragraphs"]
    assert len(multihop_qa.conversation(made, 11, "apart", 0)) == len(messages) - 2
    together = multihop_qa.conversation(made, 11, "together", 0)
    assert [message["role"] for message in together] == ["user", "user"]


def test_hunks_are_counted_by_line_by_hunk_and_by_file():
    """Of 3 + 1 gold lines in two hunks of one file, three are left, and one hunk is whole."""
    built = swe_bench.conversation(*swe_instance(), 27_000, 0)
    case = swe_bench.case(built, 0.4, OPTIONS)
    place = built["gold"][0]["message"]
    messages = [dict(message) for message in built["messages"]]
    messages[place]["content"] = "# shop.py\nimport tax\ndef price(x):\n    return y\nend = 1"
    row = measured(case, Outcome(messages))
    assert (row["lines"], row["hunks"], row["files"]) == (0.75, 0.5, 1.0)


def test_a_gold_line_counts_only_in_the_message_of_its_file_and_unchanged():
    """Elsewhere, or with another indent, it is not kept."""
    built = swe_bench.conversation(*swe_instance(), 27_000, 0)
    case = swe_bench.case(built, 0.4, OPTIONS)
    place = built["gold"][0]["message"]
    messages = [{"role": "user", "content": "import tax\nend = 1"} for _ in built["messages"]]
    messages[place]["content"] = " import tax\nend = 1 # 1"
    row = measured(case, Outcome(messages))
    assert (row["lines"], row["hunks"], row["files"]) == (0.0, 0.0, 0.0)


def test_a_conversation_shows_gold_files_and_no_tests_then_the_issue():
    """Files as `# path` and text; the gold file is there even when it alone is over the budget."""
    instance, files = swe_instance()
    shown = swe_bench.conversation(instance, files, 27_000, 0)["messages"]
    assert {message["content"].split("\n")[0] for message in shown[:-1]} == {"# shop.py", "# tax.py"}
    assert shown[-1]["content"] == instance["problem_statement"]
    (alone, _issue) = swe_bench.conversation(instance, files, 1, 0)["messages"]
    assert alone["content"] == "# shop.py\n" + files["shop.py"]


def test_a_miss_below_the_floor_of_a_compressor_is_no_miss():
    """Where a compressor says that it cannot go lower, the target is not met, but not missed either."""
    (case,) = agent_points.cases(agent_run(), "made up", 0.4, 0, "gpt-4o")
    row = measured(case, Outcome(case.request.messages, floor=case.request.target + 1))
    assert (row["met"], row["missed"]) == (0.0, 0.0)


@pytest.mark.parametrize("run", [".", "-", "a", "a-", "字"])
def test_a_long_run_of_characters_is_no_burden_for_atoms(run):
    """A bar of progress or an encoded file: a million characters would take hours if each began a search to the end."""
    assert atoms(f"see src/app.py {run * 1_000_000} {run * 1_000_000}/x at 12:30") >= {"src/app.py", "12:30"}
