"""litellm.embedding against a server on this machine: what is sent, what is sent once, and what comes back."""

import threading

import pytest
from protocol_server import serving

from compresskit import EmbedderFailed, InvalidArgument, LiteLLMEmbedder, compress
from compresskit.embedders import hosted

# litellm leaves an event loop open when it is imported
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*ReadOnly:UserWarning:pydantic"),  # about litellm's own models
]
MODEL = "openai/text-embedding-3-small"


def lengths(body):
    """A vector a text: its length, and 1."""
    return [[float(len(text)), 1.0] for text in body["input"]]


@pytest.fixture
def server():
    with serving(lengths) as running:
        yield running


def embedder(server, model=MODEL, **more):
    return LiteLLMEmbedder(model, api_base=server.url, api_key="none", **more)


def sent(server):
    return [body["input"] for _, body in server.requests]


def test_each_text_has_its_vector(server):
    assert embedder(server).embed(["one", "three", ""]).tolist() == [[3, 1], [5, 1], [1, 1]]
    path, body = server.requests[0]
    assert path.endswith("/embeddings")
    assert body["model"] == "text-embedding-3-small"


def test_the_same_text_is_sent_once(server):
    one = embedder(server)
    first = one.embed(["a", "bb", "a"])
    assert sent(server) == [["a", "bb"]]
    assert one.embed(["bb", "a"]).tolist() == first[[1, 0]].tolist()
    assert len(server.requests) == 1
    one.embed(["bb", "ccc"])
    assert sent(server)[1:] == [["ccc"]]


def test_vectors_come_in_the_order_of_the_texts_whatever_the_server_does():
    with serving(lambda body: list(reversed(list(enumerate(lengths(body)))))) as server:
        assert embedder(server).embed(["a", "bb", "ccc"])[:, 0].tolist() == [1, 2, 3]


def test_requests_hold_a_bounded_number_of_texts_and_tokens(server):
    one = embedder(server)
    assert one.embed([f"text {n}" for n in range(250)]).shape == (250, 2)
    assert list(map(len, sent(server))) == [96, 96, 58]
    one.embed([f"{n} " + "word " * 3_000 for n in range(12)])
    assert list(map(len, sent(server)[3:])) == [5, 5, 2]


def test_a_text_is_cut_to_what_the_model_takes(server):
    long = "word " * 20_000
    vector = embedder(server).embed([long])
    known = len(sent(server)[0][0])
    assert 8_000 * 5 < known <= 8_191 * 5, "litellm knows the limit of this model"
    assert vector[0, 0] == known
    embedder(server, "openai/nobody-knows-it").embed([long])
    assert len(sent(server)[1][0]) <= 512 * 5
    embedder(server, max_tokens=10).embed([long])
    assert len(sent(server)[2][0]) <= 50


class Store:
    """Keeps what it is given, and counts."""

    def __init__(self):
        self.entries = {}

    def get(self, key):
        return self.entries.get(key)

    def put(self, entries):
        self.entries.update(entries)


def test_a_store_keeps_vectors_for_other_processes(server):
    store = Store()
    first = embedder(server, store=store).embed(["secret plans", "other"])
    again = embedder(server, store=store).embed(["other", "secret plans"])
    assert again.tolist() == first[::-1].tolist()
    assert len(server.requests) == 1
    assert "secret" not in repr(store.entries), "a store holds vectors, not texts"
    assert all(isinstance(value, str) for value in store.entries.values())


@pytest.mark.parametrize("spoiled", ["", "no base64!", "AAA=", "AAAAAAA="])
def test_a_spoiled_entry_of_a_store_is_asked_for_again(server, spoiled):
    store = Store()
    good = embedder(server, store=store).embed(["text"])
    store.entries = dict.fromkeys(store.entries, spoiled)
    assert embedder(server, store=store).embed(["text"]).tolist() == good.tolist()
    assert len(server.requests) == 2


def test_other_models_and_dimensions_have_other_vectors(server):
    store = Store()
    for more in ({}, {"dimensions": 2}, {"model": "openai/text-embedding-3-large"}, {"api_key": "another"}):
        LiteLLMEmbedder(**{"model": MODEL, "api_base": server.url, "api_key": "none", "store": store, **more}).embed(
            ["a"]
        )
    assert len(server.requests) == 3, "who pays does not matter"
    assert "another" not in repr(store.entries)


def test_what_is_remembered_is_bounded(server, monkeypatch):
    monkeypatch.setattr(hosted, "_REMEMBERED", 2)
    one = embedder(server)
    one.embed(["a", "bb", "ccc"])
    one.embed(["bb", "ccc"])
    assert len(server.requests) == 1
    one.embed(["a"])
    assert len(server.requests) == 2


def test_a_failure_of_a_later_batch_keeps_what_was_paid_for():
    def first_only(body):
        return lengths(body) if len(server.requests) == 1 else []

    with serving(first_only) as server:
        one = embedder(server, max_retries=0)
        with pytest.raises(EmbedderFailed, match=r"0 vectors for 4 texts"):
            one.embed([f"text {n}" for n in range(100)])
        assert one.embed([f"text {n}" for n in range(96)]).shape == (96, 2)
        assert len(server.requests) == 2


def test_threads_share_one_embedder(server):
    one = embedder(server)
    one.embed(["warm"])
    found = {}
    threads = [
        threading.Thread(target=lambda n=n: found.update({n: one.embed(["x" * (n % 3 + 1)]).tolist()}))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: [[n % 3 + 1, 1]] for n in range(8)}


def test_an_api_that_is_down_is_one_clear_error_of_compress():
    with serving(lengths) as server:
        url = server.url
    down = LiteLLMEmbedder(MODEL, api_base=url, api_key="none", max_retries=0, timeout=2)
    messages = [{"role": "user", "content": f"paragraph {n} " * 60} for n in range(9)]
    with pytest.raises(EmbedderFailed, match=r"LiteLLMEmbedder raised \w+Error.*expected.*"):
        compress(messages, "gpt-4o", 400, embedder=down)


def test_a_second_compress_of_the_same_messages_makes_no_request(server):
    one = embedder(server)
    messages = [{"role": "user", "content": f"paragraph {n} about things " * 40} for n in range(9)]
    first = compress(messages, "gpt-4o", 600, embedder=one)
    asked = len(server.requests)
    assert asked >= 1
    assert compress(messages, "gpt-4o", 600, embedder=one).messages == first.messages
    assert len(server.requests) == asked


WRONG = [
    ({"model": ""}, "model is ''"),
    ({"model": 3}, "model is 3"),
    ({"max_tokens": 0}, "max_tokens is 0"),
    ({"max_tokens": "many"}, "max_tokens is 'many'"),
    ({"store": {}}, r"store is a dict"),
    ({"input": ["a"]}, "input is"),
]


@pytest.mark.parametrize(("arguments", "said"), WRONG)
def test_a_wrong_argument_is_named(arguments, said):
    with pytest.raises(InvalidArgument, match=said):
        LiteLLMEmbedder(**{"model": MODEL, **arguments})
