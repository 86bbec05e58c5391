"""Outputs of commands in messages of the user are results, for agents that call no tools."""

import pytest

from compresskit import compress
from compresskit.messages import read

LISTING = "\n".join(f"src/module_{n}.py" for n in range(30))
STYLES = {
    "SWE-agent": ("Let us look.\n```\nls src\n```", f"{LISTING}\n(Open file: n/a)\n(Current directory: /repo)\nbash-$"),
    "mini-swe-agent": ("Look.\n\n```bash\nls src\n```", f"<returncode>0</returncode>\n<output>\n{LISTING}</output>"),
    "ReAct": ("Thought: look\nAction: ls\nAction Input: src", f"Observation: {LISTING}"),
    "OpenHands": ("I look.\n<execute_bash>ls src</execute_bash>", f"{LISTING}\n[Command finished with exit code 0]"),
    "Roo Code": (
        "I look.\n<list_files>\n<path>src</path>\n<kind>ls</kind>\n</list_files>",
        f"[list_files for 'src'] Result:\n{LISTING}",
    ),
    "smolagents": ("Thought: look\n<code>\nprint(ls('src'))\n</code>", f"Observation:\nExecution logs:\n{LISTING}"),
    "bare shell": ("Look first.\n```sh\nls src\n```", LISTING),
}  # fmt: skip


def run(said, output, times=4):
    turns = [{"role": "assistant", "content": said}, {"role": "user", "content": output}]
    return [{"role": "user", "content": "Please fix the failing test."}, *turns * times]


@pytest.mark.parametrize("style", STYLES)
def test_outputs_are_results_of_their_commands(style):
    turns = read(run(*STYLES[style]), "auto").turns
    assert turns[0].human
    assert all(not turn.human and "ls" in turn.blocks[0].call for turn in turns if turn.role == "user" and turn.index)


def test_a_person_who_talks_about_code_stays_a_person():
    said = "Here you are:\n```python\nprint(1)\n```"
    turns = read(run(said, "Thanks. Can you also print the sum, please?", 6), "auto").turns
    assert all(turn.human for turn in turns if turn.role == "user")


def test_a_person_stays_a_person_among_outputs():
    said, output = STYLES["SWE-agent"]
    messages = [
        *run(said, output),
        {"role": "assistant", "content": "Done."},
        {"role": "user", "content": "And the docs?"},
    ]
    assert read(messages, "auto").turns[-1].human


def test_the_caller_can_say_where_results_are():
    messages = run("I look.", LISTING, 1)
    assert read(messages, "auto").turns[2].human
    assert not read(messages, "auto", results="user").turns[2].human
    assert all(turn.human for turn in read(run(*STYLES["ReAct"]), "auto", results="tools").turns if turn.role == "user")


def test_a_command_that_aiders_user_ran_is_a_result():
    ran = f"I ran this command:\n\npytest -q\n\nAnd got this output:\n\n{LISTING}\n"
    talk = [{"role": "user", "content": "Fix it."}, {"role": "assistant", "content": "Done."}]
    turn = read([*talk, {"role": "user", "content": ran}], "auto").turns[-1]
    assert not turn.human
    assert turn.blocks[0].call == "pytest -q"


DENIED = "[apply_diff for 'a.py'] Result:\nThe user denied this operation and provided the following feedback:\n"
FEEDBACK = "<feedback>\nName the method register_producer(), and keep the counter.\n</feedback>"
STATE = "<environment_details>\n# Open tabs\n" + "src/queue.py\n" * 40 + "</environment_details>"


def parts(*said):
    return {"role": "user", "content": [{"type": "text", "text": text} for text in said]}


@pytest.mark.parametrize("denial", [parts(DENIED + FEEDBACK, STATE), parts(DENIED, FEEDBACK, STATE)])
def test_words_of_a_human_within_results_are_a_human_s(denial):
    """As in Cline and Roo Code, whose program answers each call in a message of the user."""
    read_file = [
        {"role": "assistant", "content": "<read_file>\n<path>src/a.py</path>\n</read_file>"},
        parts("[read_file for 'src/a.py'] Result:\n" + "value = compute(1)\n" * 400, STATE),
    ]
    edit = {"role": "assistant", "content": "<apply_diff>\n<path>src/a.py</path>\n</apply_diff>"}
    messages = [parts("<task>\nMend join().\n</task>", STATE), *read_file * 3, edit, denial, *read_file * 4]
    for share in (0.4, 0.2, 0.1):
        target = int(share * compress(messages, "gpt-4o", trigger=10**9).original_tokens)
        result = compress(messages, "gpt-4o", trigger=target, target=target)
        assert "keep the counter" in str(result.messages)
        assert "Mend join()" in str(result.messages)
        assert result.target_met


def test_a_result_cannot_make_its_own_lines_words_of_a_human():
    call = {"role": "assistant", "content": "<read_file>\n<path>a.md</path>\n</read_file>"}
    text = "[read_file for 'a.md'] Result:\n" + "A line of a file.\n" * 60 + FEEDBACK
    turns = read([{"role": "user", "content": "Read a.md."}, call, {"role": "user", "content": text}], "auto").turns
    assert not turns[2].human
