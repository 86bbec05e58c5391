"""Rows of listings: few of them hold a word of the question, and those can be read whatever the layout is."""

import itertools
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paths import SOURCES
from squeezing import squeezed

from compresskit import compress
from compresskit.content import Segment, Split
from compresskit.relevance.rows import cut, picked, widened

SYLLABLES = ["bar", "cor", "dun", "fel", "gim", "hol", "kes", "lom", "mir", "nov", "pel", "rud", "sav", "tol", "wex"]
LINES = {
    "ls -la": "-rw-r--r--  1 {owner:<8} staff  {size:>7} Mar {day:>2} 10:{day:02} {name}.txt",
    "ps aux": "{owner:<10} {pid:>6}  0.{day} {size:>8} ?  Ss  10:{day:02}  0:00 /opt/{name} --port {port}",
    "docker ps": '{hash}   {name}:stable   "/run.sh"   {day} hours ago   {state}  0.0.0.0:{port}->80/tcp  {owner}',
    "kubectl get pods": "{name:<30} 1/1   {state:<18}  {day}   {day}d   10.0.{day}.7   {owner}   {port}",
    "df -h": "/dev/{name:<20} {size:>9}M {pid:>8}M  {day}% /mnt/{owner}/{state}/{port}",
    "git log --oneline": "{hash} {owner}: set port {port} of {name} while {state}",
    "ss -ltnp": 'LISTEN 0 128 10.0.{day}.7:{port} 0.0.0.0:* users:(("{name}",pid={pid})) {owner} {state}',
    "cat a.csv": "{pid},{name},{owner},{state},{port}",
    "cat a.tsv": "{pid}\t{name}\t{owner}\t{state}\t{port}",
    "cat a.md": "| {pid} | {name} | {owner} | {state} | {port} |",
    "cat a.kv": "name={name} owner={owner} state={state} port={port} size={size}",
    "cat a.log": "2024-03-{day:02} 10:00:{day:02} INFO {name} of {owner} is {state} on {port}",
    "find . -size": "{size:>9} ./{owner}/{state}/{port}/{name}.c",
    "cat a.sql": "INSERT INTO services VALUES ({pid}, '{name}', '{owner}', '{state}', {port});",
    "psql": " {pid:>6} | {name} | {owner} | {state} | {port}",
    "cat numbered.txt": "{day}. {name} belongs to {owner}, is {state}, and listens on {port}",
    "cat list.md": "* {name} of {owner}: {state}, {port}",
    "cat prose.txt": "The service {name} is run by {owner} on port {port}. It is {state} now.",
    "cat a.html": "<tr><td>{pid}</td><td>{name}</td><td>{owner}</td><td>{state}</td><td>{port}</td></tr>",
    "cat zh.txt": "{name}，负责人 {owner}，状态 {state}，端口 {port}",
}
RECORDS = {  # of several lines each
    "cat a.yaml": "- name: {name}\n  owner: {owner}\n  state: {state}\n  port: {port}",
    "cat map.yaml": "  {name}:\n    owner: {owner}\n    state: {state}\n    port: {port}",
    "cat a.toml": '[[service]]\nname = "{name}"\nowner = "{owner}"\nstate = "{state}"\nport = {port}\n',
    "cat a.ini": "[{name}]\nowner={owner}\nstate={state}\nport={port}\n",
    "cat blocks.txt": "Name: {name}\nOwner: {owner}\nState: {state}\nPort: {port}\n",
    "cat rows.html": "<tr>\n<td>{name}</td>\n<td>{owner}</td>\n<td>{state}</td>\n<td>{port}</td>\n</tr>",
    "cat nested.md": "- **{name}**\n  - owner: {owner}\n  - state: {state}\n  - port: {port}",
}
JSON = ("cat a.json", "cat a.jsonl")
HEADS = {
    "cat a.csv": "id,name,owner,state,port\n",
    "cat a.tsv": "id\tname\towner\tstate\tport\n",
    "cat a.md": "| id | name | owner | state | port |\n| --- | --- | --- | --- | --- |\n",
    "cat map.yaml": "services:\n",
    "ls -la": "total 4711\n",
}
ASKED = {
    "owner": ("root", "Hm, which of these belongs to ROOT? Please look it up."),
    "state": ("CrashLoopBackOff", "Is there anything in crashloopbackoff at the moment?"),
    "port": ("8443", "Who listens on 8443, and since when?"),
    "name": ("invoice-archives", "What do you know about the invoice archive?"),
}


def rows(seed, count):
    made = random.Random(seed)
    for _ in range(count):
        yield {
            "name": "-".join("".join(made.sample(SYLLABLES, 2)) for _ in range(2)),
            "owner": made.choice(["dev", "dev", "www"]),
            "state": made.choice(["running", "running", "done"]),
            "port": made.choice([80, 443, 5432]),
            "size": made.randrange(1_000, 90_000),
            "pid": made.randrange(1_000, 8_000),
            "day": made.randrange(4, 29),
            "hash": f"{made.randrange(16**7):07x}",
        }


def listing(command, found):
    if command in JSON:
        return json.dumps(found) if command == "cat a.json" else "\n".join(map(json.dumps, found))
    template = {**LINES, **RECORDS}[command]
    return HEADS.get(command, "") + "\n".join(template.format(**row) for row in found)


def asking(command, text, question, as_user):
    call = {"id": "c1", "type": "function", "function": {"name": "bash", "arguments": json.dumps({"cmd": command})}}
    if as_user:
        given = [{"role": "user", "content": text}]
    else:
        given = [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": text},
        ]
    return [
        {"role": "user", "content": "We go through this machine together."},
        {"role": "assistant", "content": "Fine. Show me what is there."} if as_user else None,
        *given,
        {"role": "assistant", "content": "I have seen it."},
        {"role": "user", "content": "Thank you."},
        {"role": "assistant", "content": "Anything else?"},
        {"role": "user", "content": question},
    ]


def compressed(messages, share):
    messages = [message for message in messages if message]
    whole = compress(messages, "gpt-4o", trigger=10**7).original_tokens
    result = compress(messages, "gpt-4o", trigger=whole - 1, target=int(share * whole))
    assert result.target_met
    return [message["content"] or "" for message in result.messages[:-1]]


def together(texts, values, lines):
    """Whether so many neighbouring lines show all of the values; markers, which tell names, do not count."""
    for text in texts:
        shown = [line.lower() for line in text.split("\n") if not line.startswith("[…")]
        for first in range(len(shown)):
            if all(str(value).lower() in "\n".join(shown[first : first + lines]) for value in values):
                return True
    return False


PLACES = [(120, 0.02, 0.3), (260, 0.5, 0.2), (400, 0.8, 0.1)]  # rows, where the wanted one is, and the target's share
ASKING = [
    (command, column)
    for command in [*LINES, *RECORDS, *JSON]
    for column in ASKED
    if command in JSON or f"{{{column}" in {**LINES, **RECORDS}[command]
]


@pytest.mark.parametrize(
    ("command", "column", "seed"), [(*asked, number % len(PLACES)) for number, asked in enumerate(ASKING)]
)
def test_the_row_that_the_question_means_can_be_read(command, column, seed):
    """Every layout with every column; the three places take turns."""
    value, question = ASKED[column]
    count, where, share = PLACES[seed]
    found = list(rows(f"{command} {column} {seed}", count))
    wanted = found[int(where * count)]
    wanted[column] = value
    texts = compressed(asking(command, listing(command, found), question, as_user=seed == 1), share)
    assert together(texts, [wanted["name"], value], 6 if command in RECORDS else 1)


def test_all_of_a_few_rows_are_kept_and_they_alone_decide():
    found = list(rows("several", 300))
    for place in (10, 140, 141, 230):
        found[place]["owner"] = "root"
    texts = compressed(asking("ls -la", listing("ls -la", found), "What does root own?", as_user=False), 0.1)
    assert all(together(texts, [found[place]["name"], "root"], 1) for place in (10, 140, 141, 230))


def test_the_names_of_the_columns_stay_with_the_row():
    found = list(rows("heading", 200))
    found[120]["owner"] = "root"
    heading = "USER   PID   %CPU   VSZ   TTY   STAT   START   TIME   COMMAND"
    text = f"{heading}\n{listing('ps aux', found)}"
    texts = compressed(asking("ps aux", text, "Which process does root run?", as_user=False), 0.1)
    assert together(texts, [found[120]["name"], "root"], 1)
    assert together(texts, [heading], 1)


def test_other_results_do_not_take_the_place_of_the_row():
    found = list(rows("among", 200))
    found[90]["owner"] = "root"
    messages = asking("ls -la", listing("ls -la", found), "Which file does root own?", as_user=False)
    for number in range(3):
        code = "\n".join(f"def step_{number}_{n}(value):\n    return value * {n}\n" for n in range(80))
        call = {"id": f"o{number}", "type": "function", "function": {"name": "read", "arguments": f'{{"n": {number}}}'}}
        messages[4:4] = [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"o{number}", "content": code},
        ]
    assert together(compressed(messages, 0.15), [found[90]["name"], "root"], 1)


ASKED_FOR = {"root": 1.0, "dev": 1.0, "staff": 1.0}


def text_of(lines):
    return "".join(f"{line}\n" for line in lines)


def test_a_word_that_most_rows_have_picks_out_none():
    text = text_of(f"-rw-r--r-- 1 dev staff {n} {n}.txt" for n in range(100))
    assert picked(text, "lines", ASKED_FOR) == []


@pytest.mark.parametrize("kind", ["python", "diff", "text"])
def test_a_kind_that_is_no_listing_has_no_rows(kind):
    text = text_of(f"value_{n} = {'root' if n == 50 else n}" for n in range(100))
    assert picked(text, kind, ASKED_FOR) == []


@pytest.mark.parametrize("source", sorted(SOURCES.iterdir()), ids=lambda it: it.name)
def test_code_is_no_listing(source):
    text = source.read_text()
    asked = dict.fromkeys(text.lower().split()[:200], 1.0)
    assert picked(text * 4, "code", asked) == []


def test_prose_is_no_listing():
    text = text_of(f"{word.title()} went to the {word} and asked for {n}." for n, word in enumerate(SYLLABLES * 4))
    assert picked(text, "prose", {"bar": 1.0}) == picked(text, "markdown", {"bar": 1.0}) == []


def test_short_texts_are_left_to_relevance():
    assert picked(text_of(["- root", *["- dev"] * 12]), "lines", ASKED_FOR) == []


def test_parts_of_compounds_are_words_and_parts_of_words_are_not():
    text = text_of(["setRoot", "uprooted", *(f"get{n}" for n in range(60))])
    assert [text[start:end] for start, end, _ in picked(text, "lines", {"root": 1.0})] == ["setRoot\n"]


@given(
    st.lists(
        st.sampled_from(["root", " - root", "  a: b", "", "[x]", "İ root", "\ud83d", "42 root", "x\r", "\t|", "根"])
    ),
    st.sampled_from(["lines", "code", "markdown"]),
    st.integers(1, 40),
    st.booleans(),
)
def test_rows_of_any_text_are_apart_and_few(lines, kind, size, wide):
    text = "\n".join(lines * 8)
    found = picked(text, kind, {"root": 1.0, "根": 1.0, "": 0.0})
    assert all(0 <= row.start < row.end <= len(text) and 0 < row.share <= 1 for row in found)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))
    segments = [Segment(start, min(start + size, len(text)), "") for start in range(0, len(text), size)]
    if wide:
        found = widened(found, Split("json", segments))
        assert all(0 <= row.start < row.end <= len(text) for row in found)
        assert all(one.end <= other.start for one, other in itertools.pairwise(found))
    after, shares, origins = cut(Split(kind, segments), found)
    assert "".join(text[start:end] for start, end, _ in after.segments) == text
    assert len(after.segments) == len(shares) == len(origins)
    assert all(start < end for start, end, _ in after.segments)


def test_a_cut_split_is_whole_and_says_where_its_segments_are_from():
    split = Split("lines", [Segment(0, 10, "a"), Segment(10, 30, "b")])
    found = picked(text_of(f"{n:02} root" if n in (3, 40) else f"{n:02} mine" for n in range(60)), "lines", {"root": 1})
    assert [share for *_, share in found] == [pytest.approx(0.83, abs=0.01)] * 2
    after, shares, origins = cut(split, [found[0]._replace(start=4, end=14)])
    assert [(start, end) for start, end, _ in after.segments] == [(0, 4), (4, 10), (10, 14), (14, 30)]
    assert [share > 0 for share in shares] == [False, True, True, False]
    assert origins == [0, 0, 1, 1]


def test_a_short_question_picks_its_row_out_of_any_result_that_an_agent_has_read():
    draw = random.Random(3)

    def name():
        return "-".join(draw.sample(SYLLABLES, 2))

    orders = [
        f"{1000 + n} {name()} {draw.choice(['paid', 'open', 'sent'])} {draw.randint(5, 900)}.00" for n in range(220)
    ]
    pods = [f"{name()}-{n} 1/1 Running 0 {draw.randint(1, 90)}d" for n in range(220)]
    files = [f"-rw-r--r-- 1 root {draw.randint(100, 99_999)} Nov {n % 28 + 1} {name()}.py" for n in range(220)]
    messages = [{"role": "user", "content": "What is the status of order 1188?"}]
    for number, rows in enumerate([orders, pods, files]):
        call = {"name": "run", "arguments": json.dumps({"command": f"list {number}"})}
        calls = [{"id": f"call_{number}", "type": "function", "function": call}]
        messages.append({"role": "assistant", "content": None, "tool_calls": calls})
        messages.append({"role": "tool", "tool_call_id": f"call_{number}", "content": "\n".join(rows)})
    result = squeezed(messages, 1 / 7)
    assert any(orders[188] in str(message["content"]) for message in result.messages)


def test_the_line_that_names_the_columns_is_no_row_that_is_meant():
    rows = [f"{number},Team {number},{'East' if number % 5 else 'West'},{number / 7:.5f}\n" for number in range(40)]
    rows[15] = "15,Saint Louis,West,0.25\n"
    text = "team_id,team_name,team_region,rd1_win\n" + "".join(rows)
    asked = dict.fromkeys(["rd1", "win", "team", "name", "saint", "louis", "region", "west"], 1.0)
    found = picked(text, "table", asked)
    assert text[found[0].start : found[0].end].startswith("team_id")
    assert [text[row.start : row.end] for row in found[1:] if row.share >= 0.5] == [rows[15]]
