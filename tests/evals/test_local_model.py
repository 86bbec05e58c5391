"""`python -m evals local-model` end to end, with a scripted server in place of a model."""

import json
import os
import sys
from pathlib import Path

import pytest
from conversing import QUIET, after
from protocol_server import Error, call, serving
from texts import make_text

from evals.harness import data
from evals.harness.tokens import count_request
from evals.models import asking
from evals.suites import local_model

pytestmark = QUIET
HELPERS = Path(__file__).parents[1] / "helpers"
ANSWER = "Marseille"


@pytest.fixture
def questions(tmp_path):
    """Two questions; the passage with the answer to the first is in the middle of a long paragraph of its own."""
    rows = []
    for number, question in enumerate(("Where was the pilot born?", "Was the pilot tall?")):
        paragraphs = [[f"Title {number} {n}", [make_text("prose", 10 * number + n, 700)]] for n in range(5)]
        rows.append({"id": f"hotpot-{number}", "question": question, "answer": "no", "paragraphs": paragraphs})
    filler = make_text("prose", 99, 900)
    rows[0]["answer"] = ANSWER
    rows[0]["paragraphs"][2] = ["Notes", [f"{filler}\n\nThe pilot was born in {ANSWER}.\n\n{filler}"]]
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def reader(body):
    """A model that asks once for the first thing it can, where it can, and says the answer where it sees it."""
    text = json.dumps(body["messages"])
    if body.get("tools") and not after(body):
        tool = body["tools"][0]["function"]
        keys = tool["parameters"]["properties"]["key"].get("enum")
        key = keys[0] if keys else text.split("retrieve ")[1].split("]")[0]
        return [call(tool["name"], {"key": key})]
    return f"In {ANSWER}." if ANSWER in text else "I do not know."


def size(body):
    used = count_request(body["messages"], body.get("tools"))
    return {"prompt_tokens": used, "completion_tokens": 3, "total_tokens": used + 3}


def run(url, questions, *options):
    """The exit code."""
    place = ["--api-base", url, "--model", "some/model"] if url else []
    room = ["--conversation", "2000", "--target", "700", "--limit", "1"]
    return local_model.main(["--data", str(questions), *place, *room, *options])


def recorded(path):
    return {row["compressor"]: row for row in json.loads(path.read_text())["rows"]}


def test_every_way_is_asked_and_its_tokens_and_retrievals_are_counted(questions, tmp_path, capsys):
    record = tmp_path / "record.json"
    with serving(reader, size) as server:
        assert run(server.url, questions, "--json", str(record)) == 0
    rows = recorded(record)
    assert list(rows) == list(local_model.WAYS)
    assert all(row["error"] is None for row in rows.values()), rows
    answered = {name: row["answered"] for name, row in rows.items() if name != "litellm"}
    assert answered == {
        "everything": 1, "nothing": 0, "head+tail": 0, "compresskit": 1, "compresskit-no-tool": 1,
    }  # fmt: skip
    assert not any(row["exact"] for row in rows.values())
    counted = {name: (row["calls"], row["retrievals"], row["asking"]) for name, row in rows.items()}
    assert counted["compresskit"] == counted["litellm"] == (2, 1, 1)
    assert counted["everything"] == counted["compresskit-no-tool"] == (1, 0, 0)
    sent = sum(size(body)["prompt_tokens"] for body in server.bodies)
    assert sum(row["prompt_tokens"] for row in rows.values()) == sent
    for name in ("head+tail", "compresskit", "compresskit-no-tool"):
        assert rows[name]["after"] <= 700 < rows[name]["before"] == rows["everything"]["after"], name
    assert {body["model"] for body in server.bodies} == {"some/model"}
    said = capsys.readouterr().out
    assert "answered" in said
    assert "HotpotQA" in said
    assert server.url not in record.read_text(), "a place on this machine is no part of a record"


def test_a_model_that_never_stops_asking_must_answer_after_the_last_round(questions, tmp_path):
    def asks(body):
        if body.get("tools") and body.get("tool_choice") != "none":
            return [call(body["tools"][0]["function"]["name"], {"key": "none"}, f"c{len(body['messages'])}")]
        return "no idea"

    with serving(asks) as server:
        options = ["--compressors", "litellm,compresskit", "--json", str(tmp_path / "record.json")]
        assert run(server.url, questions, *options) == 0
    for row in recorded(tmp_path / "record.json").values():
        assert (row["error"], row["calls"], row["reply"]) == (None, asking.MAX_ROUNDS + 1, "no idea")


def test_a_call_written_as_text_is_seen(questions, tmp_path):
    with serving(lambda _: '{"name": "compresskit_retrieve", "arguments": {"key": "x"}}') as server:
        assert run(server.url, questions, "--json", str(tmp_path / "record.json"), "--compressors", "compresskit") == 0
    row = recorded(tmp_path / "record.json")["compresskit"]
    assert (row["as_text"], row["retrievals"], row["answered"]) == (1, 0, 0)


def test_what_does_not_fit_the_model_is_an_error_of_its_own(questions, tmp_path, capsys):
    def small(body):
        return Error(400, "the context is too small") if size(body)["prompt_tokens"] > 1500 else reader(body)

    with serving(small, size) as server:
        options = ["--compressors", "everything,head+tail", "--json", str(tmp_path / "record.json")]
        assert run(server.url, questions, *options) == 0
    assert len(server.bodies) == 2, "no request is tried again"
    rows = recorded(tmp_path / "record.json")
    assert "the context is too small" in rows["everything"]["error"]
    assert rows["head+tail"]["error"] is None
    assert "everything: 1 x" in capsys.readouterr().out


def program(path, body):
    path.write_text(f"#!{sys.executable}\nimport os, sys\n{body}")
    path.chmod(0o755)
    return str(path)


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_server_is_started_for_a_model_file_and_stopped(questions, tmp_path):
    started = tmp_path / "started"
    stand_in = f"""
sys.path.insert(0, {str(HELPERS)!r})
import protocol_server as p

class Handler(p._Handler):
    def do_GET(self):
        self._send(200 if self.path == "/health" else 404, {{}})

given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
server = p.ProtocolServer(lambda _: "in {ANSWER}", port=int(given["--port"]))
server.RequestHandlerClass = Handler
open({str(started)!r}, "w").write(f"{{os.getpid()}} {{given['--model']}} {{given['--ctx-size']}}")
server.serve_forever()
"""
    model, record = tmp_path / "tiny.gguf", tmp_path / "record.json"
    model.write_bytes(b"GGUF")
    server = program(tmp_path / "server", stand_in)
    options = ["--gguf", str(model), "--llama-server", server, "--context", "4096", "--compressors", "nothing"]
    assert run(None, questions, *options, "--json", str(record)) == 0
    assert recorded(record)["nothing"]["answered"] == 1
    pid, *given = started.read_text().split(" ")
    assert given == [str(model), "4096"]
    assert gone(int(pid))
    assert json.loads(record.read_text())["options"]["model"] == "tiny"
    assert str(tmp_path) not in record.read_text()


def test_a_server_that_does_not_start_says_why(questions, tmp_path, capsys):
    model = tmp_path / "tiny.gguf"
    model.write_bytes(b"GGUF")
    broken = program(tmp_path / "server", "sys.exit('no such instruction')")
    assert run(None, questions, "--gguf", str(model), "--llama-server", broken) == 2
    assert "ended with 1: no such instruction" in capsys.readouterr().err
    assert run(None, questions, "--gguf", str(model), "--llama-server", "no-such-program") == 2
    assert "no program 'no-such-program'" in capsys.readouterr().err
    assert run(None, questions, "--gguf", str(tmp_path / "none.gguf"), "--llama-server", broken) == 2
    assert "expected a GGUF file" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [[], ["--api-base", "http://x"], ["--api-base", "http://x", "--gguf", "y"]])
def test_one_server_has_to_be_named(wrong, capsys):
    with pytest.raises(SystemExit, match="2"):
        local_model.main(wrong)
    assert "--api-base" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("reply", "answer", "answered", "exact"),
    [
        ("Rush", "Rush", 1, 1),
        ("the rush!", "Rush", 1, 1),
        ("It was Rush, the band.", "Rush", 1, 0),
        ("Crush", "Rush", 0, 0),
        ("Born in New York City", "New York", 1, 0),
        ("Yes, they were.", "yes", 1, 0),
        ("I know no such band.", "no", 0, 0),
        ("No", "no", 1, 1),
        ("", "Rush", 0, 0),
        ("1992–1993", "1992", 1, 0),
    ],
)
def test_answers_are_compared_as_words(reply, answer, answered, exact):
    assert local_model.score(reply, answer) == {"answered": answered, "exact": exact}


def test_a_conversation_has_its_own_paragraphs_and_others_up_to_its_size(questions):
    rows = data.rows(questions)
    own = [local_model.paragraph(*one) for one in rows[0]["paragraphs"]]
    small, large = (local_model.conversation(rows, 0, tokens, seed=0) for tokens in (1, 1500))
    assert sorted(message["content"] for message in small[1:-1]) == sorted(own)
    texts = [message["content"] for message in large]
    assert set(own) < set(texts)
    assert len(set(texts)) == len(texts)
    assert count_request(large) <= 1500
    assert (large[0]["role"], texts[-1]) == ("system", rows[0]["question"])
    assert large == local_model.conversation(rows, 0, 1500, seed=0)
    assert large != local_model.conversation(rows, 0, 1500, seed=1)


def test_only_the_data_sets_named_are_asked(questions, tmp_path, capsys):
    rows = [{**row, "id": row["id"].replace("hotpot", "musique")} for row in data.rows(questions)]
    with questions.open("a") as file:
        file.write("".join(json.dumps(row) + "\n" for row in rows))
    options = ["--compressors", "nothing", "--json", str(tmp_path / "record.json")]
    with serving(reader) as server:
        assert run(server.url, questions, *options) == 0
        assert len(server.bodies) == 2, "--limit is for each data set"
        assert run(server.url, questions, *options, "--data-sets", "musique") == 0
        assert len(server.bodies) == 3
    assert recorded(tmp_path / "record.json")["nothing"]["group"] == "MuSiQue"
    with pytest.raises(SystemExit, match="2"):
        run(server.url, questions, "--data-sets", "squad")
    assert "squad" in capsys.readouterr().err
