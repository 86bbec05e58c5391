"""litellm.rerank against a server on this machine that speaks Cohere's protocol: what is sent, and what comes back."""

import pytest
from protocol_server import Error, serving

from compresskit import InvalidArgument, LiteLLMReranker, RerankerFailed, compress

# litellm leaves an event loop open when it is imported
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*ReadOnly:UserWarning:pydantic"),  # about litellm's own models
]
PROVIDERS = pytest.mark.parametrize("model", ["cohere/rerank-v3.5", "infinity/bge-reranker-base", "hosted_vllm/bge"])


def lengths(body):
    """The longer a text, the better."""
    return [float(len(text)) for text in body["documents"]]


@pytest.fixture
def server():
    with serving(lengths) as running:
        yield running


def reranker(server, model="infinity/bge-reranker-base", **more):
    return LiteLLMReranker(model, api_base=server.url, api_key="none", **more)


def sent(server):
    return [body["documents"] for body in server.bodies]


@PROVIDERS
def test_each_text_has_its_score_whatever_order_the_server_answers_in(server, model):
    assert reranker(server, model).rerank("which?", ["one", "three", ""]) == [3, 5, 1]
    ((path, body),) = server.requests
    assert path.endswith("/rerank")
    assert (body["model"], body["query"]) == (model.partition("/")[2], "which?")


def test_the_same_text_is_sent_once_for_a_query(server):
    one = reranker(server)
    assert one.rerank("q", ["a", "bb", "a"]) == [1, 2, 1]
    assert one.rerank("q", ["bb", "ccc"]) == [2, 3]
    assert one.rerank("another", ["bb"]) == [2]
    assert sent(server) == [["a", "bb"], ["ccc"], ["bb"]]


def test_requests_hold_a_bounded_number_of_texts(server):
    texts = [f"text {n}" for n in range(250)]
    assert reranker(server).rerank("q", texts) == [len(text) for text in texts]
    reranker(server, max_texts=32).rerank("q", texts[:70])
    assert list(map(len, sent(server))) == [100, 100, 50, 32, 32, 6]


def test_query_and_text_are_cut_to_what_the_model_takes_together(server):
    long = "word " * 9_000
    reranker(server).rerank(long, [long])
    reranker(server, "cohere/rerank-v3.5").rerank("short", [long])
    unknown, known = server.bodies
    assert len(unknown["query"]) + len(unknown["documents"][0]) <= 512 * 5
    assert len(unknown["query"]) == pytest.approx(256 * 5, abs=10), "the query never takes all of it"
    assert 4_000 * 5 < len(known["documents"][0]) <= 4_096 * 5, "litellm knows the limit of this model"


def test_what_may_go_away_is_tried_again_and_what_may_not_is_not(monkeypatch):
    import tenacity

    monkeypatch.setattr(tenacity.nap.time, "sleep", lambda _: None)
    answers = iter([Error(503), Error(429), [0.5]])
    with serving(lambda _: next(answers)) as server:
        assert reranker(server).rerank("q", ["a"]) == [0.5]
        assert len(server.requests) == 3
    with serving(lambda _: Error(400)) as server:
        with pytest.raises(Exception, match="no"):
            reranker(server).rerank("q", ["a"])
        assert len(server.requests) == 1


@pytest.mark.parametrize("answer", [[], [1.0], [(0, 1.0), (2, 1.0)], [(0, 1.0), (0, 2.0)], [1.0, 2.0, 3.0]], ids=str)
def test_an_answer_without_one_score_for_each_text_is_an_error(answer):
    with serving(lambda _: answer) as server, pytest.raises(RerankerFailed, match="scores for 2 texts; one finite"):
        reranker(server).rerank("q", ["a", "b"])


def test_an_api_that_is_down_is_one_clear_error_of_compress():
    with serving(lengths) as server:
        url = server.url
    down = LiteLLMReranker("infinity/bge", api_base=url, api_key="none", max_retries=0, timeout=2)
    messages = [{"role": "user", "content": f"paragraph {n} " * 60} for n in range(9)]
    with pytest.raises(RerankerFailed, match=r"LiteLLMReranker raised \w+.*expected.*"):
        compress(messages, "gpt-4o", 400, reranker=down)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"model": ""}, "model is ''"),
        ({"max_tokens": 1}, "max_tokens is 1"),
        ({"max_texts": 0}, "max_texts is 0"),
        ({"max_retries": -1}, "max_retries is -1"),
        ({"top_n": 3}, "top_n is no option"),
    ],
)
def test_a_wrong_argument_is_named(arguments, said):
    with pytest.raises(InvalidArgument, match=said):
        LiteLLMReranker(**{"model": "cohere/rerank-v3.5", **arguments})
