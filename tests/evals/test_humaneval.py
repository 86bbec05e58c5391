"""`python -m evals humaneval`: its conversations, its judge, and the whole eval with a scripted model."""

import argparse
import json
import re

import pytest
from conversing import QUIET
from protocol_server import call, serving

from evals.harness import data, sandbox
from evals.harness.messages import read_all
from evals.harness.tokens import count_request
from evals.suites import humaneval, humaneval_problems
from evals.suites.humaneval_problems import code_of, judged, module, read, specification

pytestmark = QUIET
ROWS = data.rows(data.SAMPLES / "humaneval.jsonl")
PROBLEMS = [read(row, number) for number, row in enumerate(ROWS)]
ROOM = ["--data", "sample", "--conversation", "1500", "--target", "600", "--limit", "2"]


def solution(problem):
    return f"{problem.signature}\n{problem.body}\n"


@pytest.fixture
def quick(monkeypatch):
    """Hanging costs a second instead of five."""
    monkeypatch.setattr(humaneval_problems, "LIMITS", sandbox.Limits(wall=20, cpu=1))


def test_solutions_pass_their_tests():
    assert {judged(problem, solution(problem)) for problem in (PROBLEMS[0], PROBLEMS[2], PROBLEMS[5])} == {"passed"}


WRITES_EVERYWHERE = """
def step_001(weight, axles):
    import os
    for number in range(3, 20):
        try:
            os.write(number, b"passed")
        except OSError:
            pass
    os._exit(0)
"""


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("def step_001(weight, axles):\n    return 10", "wrong result"),
        ("def step_001(weight, axles):\n    return nowhere", "raised: NameError"),
        ("def step_002(weight, axles):\n    return 10", "no such function"),
        ("def step_001(", "broken: SyntaxError"),
        ("import sys\nsys.exit(0)", "broken: SystemExit"),
        ("import os\nos._exit(0)", "ended before the tests"),
        ("def step_001(weight, axles):\n    import os\n    os._exit(0)", "ended before the tests"),
        ("def step_001(weight, axles):\n    raise SystemExit(0)", "raised: SystemExit"),
        ("print('passed')\ndef step_001(weight, axles):\n    print('passed')", "wrong result"),
        (WRITES_EVERYWHERE, "ended before the tests"),
        ("def check(candidate):\n    pass\ndef step_001(weight, axles):\n    return 1", "wrong result"),
        ("def step_001(weight, axles):\n    while True: pass", "stopped by a limit"),
        ("def step_001(weight, axles):\n    return 'a' * 10**10", "raised: MemoryError"),
        ("def step_001(weight, axles):\n    import os\n    while True: os.fork()", "raised: BlockingIOError"),
        ("def step_001(weight, axles):\n    import subprocess\n    subprocess.run('id')", "raised: BlockingIOError"),
        ("import litellm", "broken: ModuleNotFoundError"),
    ],
)
def test_what_is_no_solution_does_not_pass(code, why):
    assert judged(PROBLEMS[1], code) == why


def test_a_solution_may_print_and_call_what_the_module_defines():
    code = f"import sys\nprint('hello', file=sys.stderr)\n{solution(PROBLEMS[2])}"
    assert "is_vowel" in code
    assert judged(PROBLEMS[2], code) == "passed"


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("def f():\n    pass", "def f():\n    pass"),
        ("First\n```\nx\n```\nthen\n```python\ndef f():\n    pass\n```\n", "def f():\n    pass\n"),
        ("```python\ndef g():\n    pass\n```", "def g():\n    pass\n"),
        ("```py\ndef f(): 1\n```\nor better\n```py\ndef f(): 2\n```", "def f(): 2\n"),
        ("no idea", "no idea"),
    ],
)
def test_the_code_of_a_reply_is_the_block_that_defines_the_function(reply, code):
    assert code_of(reply, "f") == code


def test_no_file_says_what_the_function_was_called():
    for row, problem in zip(ROWS, PROBLEMS, strict=True):
        texts = [*specification(problem, 1), *module(problem, 1, solved=True), problem.test]
        assert not any(re.search(rf"\b{row['entry_point']}\b", text) for text in texts)
        assert problem.name in specification(problem, 1)[1]
        assert problem.name not in specification(problem, 2)[1]
        assert problem.number in module(problem, 2, solved=False)[1]


def test_a_docstring_behind_an_import_is_found_and_none_is_an_error():
    prompt = 'def f(x):\n    import math\n    """Says\n\n    more."""\n'
    row = {**ROWS[0], "prompt": prompt, "entry_point": "f"}
    problem = read(row, 3)
    assert (problem.signature, problem.specification) == ("def step_003(x):\n    import math", "Says\n\nmore.")
    with pytest.raises(data.DataError, match="no function 'f' with a docstring"):
        read({**row, "prompt": "def f(x):\n    return\n"}, 3)


def test_a_conversation_has_what_is_needed_once_and_others_up_to_its_size():
    messages = humaneval.conversation(PROBLEMS, 3, 900, 1, seed=0)
    texts = [message["content"] for message in messages]
    assert count_request(messages) <= 900
    assert texts[-1].startswith("Write the function `step_003`")
    assert sum(PROBLEMS[3].specification in text for text in texts) == 1
    assert PROBLEMS[3].body.strip() not in read_all(messages)
    assert PROBLEMS[4].body.strip() in read_all(messages)
    assert messages != humaneval.conversation(PROBLEMS, 3, 900, 1, seed=1)


def scripted(body):
    """A model that knows the answer where it has read the specification; it retrieves what it is offered first."""
    asked = body["messages"][-1]["content"] if body["messages"][-1]["role"] == "user" else ""
    text = json.dumps(body["messages"])
    name = re.findall(r"Write the function `(step_\d+)`", text)[-1]
    problem = next(one for one in PROBLEMS if one.name == name)
    told = json.dumps(problem.specification.split("\n")[0])[1:-1]
    if told in text:
        return f"Here it is:\n```python\n{solution(problem)}```"
    if body.get("tools") and asked:
        key = re.search(r"retrieve ([a-z]{12,})\]", text)
        return [call(body["tools"][0]["function"]["name"], {"key": key[1] if key else "none"})]
    return f"```python\n{problem.signature}\n    return None\n```"


def test_a_model_that_needs_the_specification_passes_where_it_is_left(tmp_path, capsys):
    record, journal = tmp_path / "record.json", tmp_path / "rows.jsonl"
    with serving(scripted) as server:
        place = ["--api-base", server.url, "--model", "scripted", "--json", str(record), "--resume", str(journal)]
        assert humaneval.main([*ROOM, *place]) == 0
        asked = len(server.bodies)
        assert humaneval.main([*ROOM, *place]) == 0
        assert len(server.bodies) == asked, "all is in the journal"
    made = json.loads(record.read_text())
    rows = {(row["unit"], row["compressor"]): row for row in made["rows"]}
    assert not any(row["error"] for row in rows.values())
    for unit in ("Sample/0", "Sample/1"):
        assert rows[unit, "everything"]["passed"] == rows[unit, "everything"]["needed"] == 1
        assert rows[unit, "nothing"]["passed"] == rows[unit, "nothing"]["needed"] == 0
        assert rows[unit, "nothing"]["why"] in ("wrong result", "raised: TypeError")
        assert rows[unit, "compresskit"]["passed"] == 1
        assert rows[unit, "compresskit"]["after"] <= 600 < rows[unit, "compresskit"]["before"]
        assert rows[unit, "compresskit"]["prompt_tokens"] > 0
    assert (made["eval"], made["version"], made["complete"]) == ("humaneval", 2, True)
    assert server.url not in record.read_text()
    assert "pass@1" in capsys.readouterr().out


def test_what_is_not_closed_off_is_told(monkeypatch, capsys):
    monkeypatch.setattr(sandbox, "closed", lambda: False)
    monkeypatch.setattr(humaneval, "judged", lambda *_: "passed")
    with serving(scripted) as server:
        place = ["--api-base", server.url, "--model", "scripted", "--compressors", "nothing"]
        assert humaneval.main([*ROOM, *place]) == 0
    assert "no namespaces here" in capsys.readouterr().err


@pytest.mark.parametrize("hops", [1, 2])
def test_without_a_model_it_measures_what_can_still_be_read(hops, tmp_path):
    record = tmp_path / "record.json"
    names = "everything,nothing,oracle,compresskit"
    assert humaneval.main([*ROOM, "--hops", str(hops), "--compressors", names, "--json", str(record)]) == 0
    rows = json.loads(record.read_text())["rows"]
    needed = {name: [row["needed"] for row in rows if row["compressor"] == name] for name in names.split(",")}
    assert needed["everything"] == needed["oracle"] == [1, 1]
    assert needed["nothing"] == [0, 0]
    assert max(needed["compresskit"]) == 1
    assert sum(needed["compresskit"]) > 1


def test_the_oracle_is_told_where_every_needed_line_stands():
    nowhere = dict.fromkeys(("model", "api_base", "gguf"))
    made = humaneval.request(PROBLEMS, 0, 400, argparse.Namespace(conversation=900, hops=1, seed=0, **nowhere))
    assert made.fixed == {0, len(made.messages) - 1}
    found = [made.needs(place, message["content"]) for place, message in enumerate(made.messages)]
    assert {line for places in found for line in places} == humaneval.needed(PROBLEMS[0], 1)
