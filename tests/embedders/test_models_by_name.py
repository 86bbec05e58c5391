"""embedding_model= and reranker= as plain strings, everywhere they can be named, against one server that speaks all."""

import gc
import json

import pytest
from command_line import run, save
from conversing import QUIET, WAYS, ask, report
from protocol_server import Error, serving
from test_compress_with_embedder import kept, notes

from compresskit import (
    Conversation,
    EmbedderFailed,
    InvalidArgument,
    LiteLLMEmbedder,
    RerankerFailed,
    completion,
    compress,
)
from compresskit.embedders import hosted
from compresskit.integrations.litellm.settings import Settings

pytestmark = [*QUIET, pytest.mark.filterwarnings("ignore")]  # of litellm and of connections that it leaves open
every_way = pytest.mark.parametrize("way", WAYS)
TRIGGER = 420
QUESTION = "Illness?"  # a word that no note has
NOTES = [*notes()[:-1], {"role": "user", "content": QUESTION}]
EMBEDDING, RERANK = "openai/text-embedding-3-small", "infinity/bge-reranker-base"
MEDICINE = ("physician", "illness")


def answers(body):
    """A model that answers, an embedding model and a reranker that know one thing: what is about medicine."""
    if "documents" in body:
        return [float(any(word in text.lower() for word in MEDICINE)) for text in body["documents"]]
    if "input" in body:
        return [[float(any(word in text.lower() for word in MEDICINE)), 0.1] for text in body["input"]]
    return "Fine."


@pytest.fixture
def server(monkeypatch):
    for made in (hosted._embedder, hosted._reranker):
        made.cache_clear()
    with serving(answers) as found:
        for name in ("OPENAI_API_BASE", "OPENAI_BASE_URL", "INFINITY_API_BASE"):
            monkeypatch.setenv(name, found.url)
        for name in ("OPENAI_API_KEY", "INFINITY_API_KEY"):
            monkeypatch.setenv(name, "none")
        yield found
    import litellm

    litellm.in_memory_llm_clients_cache.flush_cache()
    gc.collect()


def asked(server):
    """What the server was asked for, without the chat."""
    kinds = [path.rsplit("/", 1)[1] for path, _ in server.requests]
    return sorted({kind for kind in kinds if kind != "completions"})


NAMED = pytest.mark.parametrize(
    ("options", "kinds"),
    [({"embedding_model": EMBEDDING}, ["embeddings"]), ({"reranker": RERANK}, ["rerank"])],
    ids=["embedding_model", "reranker"],
)


@NAMED
def test_compress_takes_a_name(server, options, kinds):
    assert "doctor" not in kept(compress(NOTES, "gpt-4o", TRIGGER))
    result = compress(NOTES, "gpt-4o", TRIGGER, **options)
    assert "doctor" in kept(result)
    assert asked(server) == kinds
    count = len(server.requests)
    assert compress(NOTES, "gpt-4o", TRIGGER, **options).messages == result.messages
    assert len(server.requests) == count, "a process pays for a text once"


@pytest.mark.usefixtures("server")
def test_a_name_is_the_same_as_the_embedder_of_that_name():
    result = compress(NOTES, "gpt-4o", TRIGGER, embedding_model=EMBEDDING)
    assert compress(NOTES, "gpt-4o", TRIGGER, embedder=LiteLLMEmbedder(EMBEDDING)).messages == result.messages


@every_way
@NAMED
def test_completion_takes_a_name(server, way, options, kinds):
    response = ask(way, server, NOTES, trigger=TRIGGER, target=None, **options)
    assert report(response)["skipped_reason"] is None
    assert asked(server) == kinds
    (chat,) = [body for path, body in server.requests if path.endswith("completions")]
    assert "physician" in json.dumps(chat["messages"])


@NAMED
def test_a_conversation_takes_a_name_and_keeps_it_in_its_json(server, options, kinds):
    talk = Conversation("gpt-4o", TRIGGER, **options)
    talk.append(*NOTES)
    talk = Conversation.from_json(talk.to_json())
    assert "physician" in json.dumps(talk.request()["messages"])
    assert asked(server) == kinds


@NAMED
def test_the_command_line_takes_a_name(server, tmp_path, options, kinds):
    ((name, model),) = options.items()
    path = save(tmp_path, NOTES)
    done = run("compress", path, "--trigger", TRIGGER, f"--{name.replace('_', '-')}", model)
    assert "physician" in json.dumps(json.loads(done.stdout)["messages"]), done.stderr
    assert asked(server) == kinds


@NAMED
def test_a_model_that_fails_is_an_error_of_the_command(server, tmp_path, options, kinds, monkeypatch):
    ((name, model),) = options.items()
    monkeypatch.setattr(server, "script", lambda _: Error(400))
    done = run("compress", save(tmp_path, NOTES), "--trigger", TRIGGER, f"--{name.replace('_', '-')}", model)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "raised BadRequestError" in done.stderr
    assert asked(server) == kinds


@NAMED
def test_the_proxys_settings_take_a_name(server, options, kinds):
    from compresskit.integrations.litellm.prepare import Turn, prepared

    settings = Settings.of({"trigger": TRIGGER, **options})
    turn = Turn("acompletion", "tenant", frozenset())
    changes = prepared(settings, None, turn, {"model": "gpt-4o", "messages": NOTES})
    assert "physician" in json.dumps(changes["messages"])
    assert asked(server) == kinds


@every_way
@pytest.mark.parametrize(
    ("options", "error"),
    [({"embedding_model": EMBEDDING}, EmbedderFailed), ({"reranker": RERANK}, RerankerFailed)],
    ids=["embedding_model", "reranker"],
)
def test_a_model_that_fails_is_an_error_or_sends_the_request_as_it_was(server, way, options, error, monkeypatch):
    monkeypatch.setattr(server, "script", lambda body: answers(body) if "messages" in body else Error(400))
    response = ask(way, server, NOTES, trigger=TRIGGER, target=None, **options)
    assert report(response)["skipped_reason"] == "error"
    assert report(response)["error"].startswith(error.__name__)
    assert server.bodies[-1]["messages"] == NOTES
    with pytest.raises(error):
        ask(way, server, NOTES, trigger=TRIGGER, target=None, on_error="raise", **options)


class Anything:
    def embed(self, texts):
        return [[1.0] for _ in texts]

    def rerank(self, _, texts):
        return [1.0 for _ in texts]


TALK = {"embedding_model": EMBEDDING}
WRONG = [
    (lambda: compress([], "gpt-4o", embedding_model=EMBEDDING, embedder=Anything()), "beside an embedder; one of them"),
    (lambda: compress([], "gpt-4o", embedding_model=""), "embedding_model is ''"),
    (lambda: compress([], "gpt-4o", embedding_model=Anything()), "embedding_model is an Anything.*is an embedder"),
    (lambda: compress([], "gpt-4o", embedder=EMBEDDING), "embedder is '.*name is an embedding_model"),
    (lambda: Conversation("gpt-4o", reranker=Anything()), r"cannot be written down.*completion\(reranker=…\)"),
    (lambda: Conversation("gpt-4o", embedding_model=5), "embedding_model is 5"),
    (lambda: ask("whole", None, [], router=Anything(), embedding_model=5), "embedding_model is 5"),
    (lambda: talking(embedding_model=EMBEDDING), r"pass it to Conversation\(embedding_model=…\)"),
    (lambda: talking(embedder=Anything()), "embedder is given beside a conversation with an embedding_model"),
]


def talking(**options):
    return completion("gpt-4o", [], conversation=Conversation("gpt-4o", **TALK), **options)


@pytest.mark.parametrize(("call", "said"), WRONG, ids=[said for _, said in WRONG])
def test_what_cannot_be_is_a_clear_error(call, said):
    with pytest.raises(InvalidArgument, match=said):
        call()


def test_an_object_that_reranks_goes_beside_a_conversation(server):
    talk = Conversation("openai/gpt-4o", TRIGGER)
    options = {"conversation": talk, "reranker": Anything(), "on_error": "raise"}
    response = completion("openai/gpt-4o", NOTES, api_base=server.url, api_key="none", **options)
    assert report(response)["target_met"]
    assert QUESTION in json.dumps(server.bodies[-1]["messages"])
