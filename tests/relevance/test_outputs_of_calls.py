"""What an agent needs of the outputs of its commands, whatever kind their lines look like."""

import json

import pytest

from compresskit import compress, restore, shorten

PODS = [f"web-{1000 + 137 * number % 9000}" for number in range(14)]


def described(pod, failing):
    events = "  Warning  OOMKilling  2m  kubelet  Memory cgroup out of memory\n" if failing else "  <none>\n"
    return (
        f"Name:         {pod}\nNamespace:    prod\nStatus:       Running\nContainers:\n  app:\n"
        f"    Image:          registry/app:3\n    Port:           8080/TCP\n    Restart Count:  {47 * failing}\n"
        "    Limits:\n      cpu:     500m\n      memory:  512Mi\n    Environment:\n      LOG_LEVEL:  info\n"
        f"Conditions:\n  Type              Status\n  Ready             True\nEvents:\n{events}\n"
    )


def listed(folder):
    rows = "".join(
        f"-rw-r--r-- 1 root root {800 + 31 * number:5} Nov 29 17:14 {word}.py\n"
        for number, word in enumerate(f"{folder}_part_{letter}" for letter in "abcdefghijklmnopqr")
    )
    asked = "-rw-r--r-- 1 root root  4513 Nov 29 23:04 invoices.py\n" if folder == "billing" else ""
    return f"/srv/app/{folder}:\ntotal 96\n{rows}{asked}"


OUTPUTS = {
    "kubectl describe pods": ("".join(described(pod, pod == PODS[9]) for pod in PODS), ("OOMKilling", PODS[9])),
    "ls -lR": (
        "\n".join(map(listed, ("auth", "search", "billing", "mail", "queue", "media", "web", "admin"))),
        ("invoices.py", "/srv/app/billing:"),
    ),
}
ASKED = {"kubectl describe pods": "Which pod is out of memory?", "ls -lR": "Where are the invoices?"}


def run(command, text):
    """An agent that has just run a command, in the middle of its work."""
    call = {"name": "bash", "arguments": json.dumps({"command": command})}
    return [
        {"role": "user", "content": ASKED[command]},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": call}]},
        {"role": "tool", "tool_call_id": "call_1", "content": text},
    ]


@pytest.mark.parametrize(("command", "share"), [("kubectl describe pods", 1 / 4), ("ls -lR", 1 / 12)])
def test_a_row_brings_the_line_that_says_what_it_is_of(command, share):
    text, needs = OUTPUTS[command]
    limit = int(share * shorten(text, 10**6).original_tokens)
    messages = run(command, text)
    result = compress(messages, "gpt-4o", trigger=limit + 60, target=limit + 60)
    assert result.target_met
    assert restore(result.messages, result.cache) == messages
    for shown in (shorten(text, limit, ASKED[command], command).text, result.messages[2]["content"]):
        assert all(need in shown for need in needs)


def test_words_of_the_command_do_not_decide_what_stays_of_its_output():
    """A request to run the tests names no row of their output, however many frames are called run or test."""
    frames = "".join(f"  {n}: test::run_test_in_process\n      at /lib/test/src/lib_{n}.rs:{n}:60\n" for n in range(70))
    text = f"running 71 tests\n{frames}cents of 19.99\n  left: 1998\n right: 1999\n{frames}test result: FAILED.\n"
    call = {"name": "bash", "arguments": json.dumps({"command": "cargo test"})}
    messages = [
        {"role": "user", "content": "Run cargo test in process."},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": call}]},
        {"role": "tool", "tool_call_id": "call_1", "content": text},
    ]
    result = compress(messages, "gpt-4o", trigger=500, target=500)
    assert result.target_met
    assert "left: 1998" in result.messages[2]["content"]
