"""What an agent needs of the outputs of its commands, whatever kind their lines look like."""

import json

import pytest
from squeezing import squeezed

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


def run(command, text, request=None):
    """An agent that has just run a command, in the middle of its work."""
    call = {"name": "bash", "arguments": json.dumps({"command": command})}
    return [
        {"role": "user", "content": request or ASKED[command]},
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


STEPS = [f"step {number}: copied {PODS[number % 14]}/part_{number}.dat" for number in range(300)]
FAILED = "step 211: ERROR checksum mismatch in part_211.dat"
WRITTEN = "\n".join(FAILED if number == 211 else step for number, step in enumerate(STEPS))
RESULTS = {
    "a field": {"exit_code": 1, "stdout": WRITTEN, "stderr": ""},
    "a nested field": {"result": {"output": {"text": WRITTEN}, "took": 3}},
    "parts": [{"type": "text", "text": WRITTEN}],
    "a list of lines": {"lines": WRITTEN.split("\n")},
}


def asked(result, command="./copy.sh"):
    return run(command, result, "Run it and tell me what is wrong.")


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("kind", RESULTS)
def test_a_failure_in_a_string_of_json_stays_as_it_does_in_a_plain_output(kind, indent):
    text = json.dumps(RESULTS[kind], indent=indent)
    result = compress(asked(text), "gpt-4o", trigger=260, target=260)
    assert result.target_met
    assert restore(result.messages, result.cache) == asked(text)
    for shown in (result.messages[2]["content"], shorten(text, 130).text):
        assert FAILED in shown


def test_a_failure_in_an_error_of_gemini_stays():
    answer = {"functionResponse": {"name": "copy", "response": {"error": WRITTEN}}}
    messages = [
        {"role": "user", "parts": [{"text": "Copy the files."}]},
        {"role": "model", "parts": [{"functionCall": {"name": "copy", "args": {}}}]},
        {"role": "user", "parts": [answer]},
    ]
    result = compress(messages, "gemini-2.0-flash", trigger=300, target=300)
    assert result.target_met
    assert FAILED in result.messages[2]["parts"][0]["functionResponse"]["response"]["error"]


FRAMES = "".join(
    f'  File "/usr/lib/python3.12/site-packages/queue/part_{n}.py", line {n}, in run\n    return self.run(job)\n'
    for n in range(12)
)
CASE = '  <testcase classname="org.shop.Cart{}Test" time="0.0{}"{}\n'
CLOSED, REFUSED = "/>", '>\n    <failure message="expected 12.00 but was 11.99"/>\n  </testcase>'
LADDER = {
    "a log that is read": (
        "cat app.log",
        "".join(f"10:00:{n % 60:02} INFO GET /items/{n} 200\n" for n in range(300)).replace(
            "10:00:11 INFO GET /items/191 200\n",
            "10:00:11 ERROR the worker crashed: row 88121 is locked\nTraceback (most recent call last):\n"
            f"{FRAMES}TimeoutError: lock not granted after 30 s\n",
        ),
        "TimeoutError: lock not granted",
    ),
    "steps named like the request": (
        "docker build .",
        "".join(f"#{n} [{n}/90] RUN apt-get install part-{n}\n#{n} DONE {n}.1s\n" for n in range(90))
        + "#91 RUN make release\n#91 0.2 quic.c:301:12: error: implicit declaration of quic_open\n",
        "implicit declaration of quic_open",
    ),
    "a report that is read": (
        "cat report.xml",
        '<testsuite tests="160" failures="1">\n'
        + "".join(CASE.format(n, n % 9, CLOSED if n != 100 else REFUSED) for n in range(160))
        + "</testsuite>\n",
        "expected 12.00 but was 11.99",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", LADDER)
def test_more_room_never_loses_what_went_wrong(kind):
    command, text, need = LADDER[kind]
    shown = []
    for room in (150, 170, 200, 240, 300, 400, 600, 900):
        result = compress(asked(text, command=command), "gpt-4o", trigger=room, target=room, recoverable=False)
        assert result.target_met
        shown.append(need in result.messages[2]["content"] and need in shorten(text, room, command=command).text)
    assert all(shown)


NODE = "".join(f"    at Layer.handle (/app/node_modules/express/lib/router/part_{n}.js:{n}:5)\n" for n in range(12))
JAVA = "".join(f"\tat org.springframework.web.Part{n}.invoke(Part{n}.java:{n + 40})\n" for n in range(20))
RAISED = {
    "Node": f"TypeError: zoneId is not there\n    at resolve (/app/src/zones.js:33:19)\n{NODE}",
    "Java": f"IllegalStateException: basket was closed\n{JAVA}Caused by: java.sql.SQLException: deadlock\n{JAVA}",
    "Python": f"Traceback (most recent call last):\n{FRAMES}OSError: no space left on the disk\n",
}
SAID = {
    "Node": ("zoneId is not there", "zones.js:33:19"),
    "Java": ("basket was closed", "SQLException: deadlock"),
    "Python": ("no space left on the disk",),
}


@pytest.mark.parametrize("runtime", RAISED)
def test_what_was_thrown_stays_of_every_output_of_a_run(runtime):
    served = [f"served /{name}/{n}.js to {PODS[n % 14]}\n" for n, name in enumerate(("img", "lib", "css") * 60)]
    texts = [OUTPUTS["ls -lR"][0], "".join([*served[:60], RAISED[runtime], *served[60:]]), "".join(served), WRITTEN]
    messages = [{"role": "user", "content": "Get the service to work again."}]
    for number, text in enumerate(texts):
        call, answer = run("ls -lR", text)[1:]
        call["tool_calls"][0]["id"] = answer["tool_call_id"] = f"call_{number}"
        messages += [call, answer]
    result = squeezed(messages, 1 / 16)
    shown = "\n".join(str(message["content"]) for message in result.messages)
    assert all(one in shown for one in SAID[runtime])


def order(number, status):
    rest = {"currency": "EUR", "customer": f"customer-{number * 7919 % 9973}", "boxes": number % 7, "gift": False}
    return json.dumps({"order": number, "status": status, **rest, "carrier": "post", "warehouse": "Rotterdam"})


def ping(number, said):
    return f"PING web-{number:02} (10.0.0.{number}): 56 data bytes\n3 packets transmitted\n{said}\nround trip in ms: 4"


ODD_RESULTS = {  # one of forty results of a tool, and the one of them that is unlike the others
    "records": (lambda number: order(number, "shipped"), order(23, "held back")),
    "lines": (lambda number: ping(number, "3 received"), ping(23, "destination unreachable: connection refused")),
    "an error among records": (lambda number: order(number, "shipped"), json.dumps({"error": "not found"})),
}


@pytest.mark.parametrize("kind", ODD_RESULTS)
@pytest.mark.parametrize("parallel", [True, False], ids=["parallel", "one after another"])
def test_the_odd_one_among_small_results_of_a_tool_stays(kind, parallel):
    usual, odd = ODD_RESULTS[kind]
    calls = [{"id": f"c{n}", "type": "function", "function": {"name": "look_up", "arguments": "{}"}} for n in range(40)]
    results = [
        {"role": "tool", "tool_call_id": call["id"], "content": odd if n == 23 else usual(n)}
        for n, call in enumerate(calls)
    ]
    said = {"role": "assistant", "content": None}
    rest = [{**said, "tool_calls": calls}, *results]
    if not parallel:
        rest = [
            one for call, result in zip(calls, results, strict=True) for one in ({**said, "tool_calls": [call]}, result)
        ]
    messages = [{"role": "user", "content": "Look at all forty, one by one, and tell me what you find."}, *rest]
    target = int(0.65 * compress(messages, "gpt-4o").original_tokens)
    result = compress(messages, "gpt-4o", trigger=target, target=target)
    assert result.target_met
    assert any(odd in str(message["content"]) for message in result.messages)
    assert restore(result.messages, result.cache) == messages


def test_what_failed_is_seen_behind_more_prose_than_is_read():
    failed = "10:30:30 ERROR worker 3: the database refused the connection XQ17\n"
    log = "".join(f"10:{n // 60:02}:{n % 60:02} INFO worker {n % 7} request done in {n % 97} ms\n" for n in range(600))
    page = "".join(f"The lamp of street {n} was lit by the neighbours in winter {n * 7}.\n" for n in range(160))
    results = [("journalctl -u api", failed.join([log[:9_000], log[9_000:]]))]
    results += [(f"search notes {n}", page.replace("lamp", f"lamp of house {n}")) for n in range(60)]
    messages = [{"role": "user", "content": "Look at the state of the service."}]
    for number, (command, text) in enumerate(results):
        arguments = json.dumps({"command": command})
        call = {"id": f"c{number}", "type": "function", "function": {"name": "run", "arguments": arguments}}
        messages += [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"c{number}", "content": text},
        ]
    messages += [{"role": "assistant", "content": "Read."}, {"role": "user", "content": "What should I look at?"}]
    assert failed.strip() in str(squeezed(messages, 0.3).messages)
