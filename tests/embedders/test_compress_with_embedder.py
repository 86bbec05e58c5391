"""compress() with an embedder: what it finds, when it is asked, and that every law still holds."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from embedders import HashEmbedder, Returning
from hypothesis import given, settings
from oracles import cost
from paths import HELPERS, ROOT
from samples import SAMPLES
from strategies import MODEL, cases, check_first_laws, soup_cases, squeeze
from validity import breaches

from compresskit import EmbedderFailed, InvalidArgument, StaticEmbedder, compress

SUBJECTS = {
    "trains": "The night service to Lisbon leaves platform nine at half past ten and arrives before breakfast.",
    "bread": "Knead the dough for ten minutes, cover it with a cloth and bake it in a hot oven until it is golden.",
    "doctor": "Her physician prescribed an antibiotic against the infection, to be swallowed twice daily after meals.",
    "chess": "White sacrificed the bishop on the eleventh move, and the endgame with rooks was drawn by repetition.",
    "roof": "Slates had slipped off during the storm, so rain came through the rafters and stained the ceiling.",
    "music": "The cellist tuned her strings a semitone lower for the sonata, as the composer had wished in a letter.",
    "taxes": "Receipts for travel have to be handed in by the end of March, together with the signed declaration.",
    "birds": "Swallows gather on the wires in September before they fly across the sea to spend the winter there.",
}
QUESTION = "Which medicine was she given for her illness?"


def notes(filler=3):
    """A note of some lines for each subject; none says a word of the question that would tell them apart."""
    return [
        *({"role": "user", "content": f"{text}\n\n" + f"{text.lower()}\n" * filler} for text in SUBJECTS.values()),
        {"role": "user", "content": QUESTION},
    ]


def kept(result):
    return {name for name, text in SUBJECTS.items() if text in json.dumps(result.messages)}


def test_a_paraphrase_is_found_by_vectors_where_words_find_nothing():
    messages = notes()
    target = cost(messages) // 3
    assert "doctor" not in kept(compress(messages, MODEL, target, target))
    pytest.importorskip("wordllama", reason="the extra embeddings is not installed")
    found = compress(messages, MODEL, target, target, embedder=StaticEmbedder())
    assert "doctor" in kept(found)
    assert found.target_met


@given(cases | soup_cases)
@settings(max_examples=30)
def test_the_laws_hold_with_an_embedder(case):
    result = squeeze(case, embedder=HashEmbedder())
    check_first_laws(case, result)
    assert breaches(case.shape, case.messages, result) == []


@pytest.mark.parametrize("name", SAMPLES)
def test_what_can_be_reached_does_not_depend_on_the_embedder(name):
    make, shape = SAMPLES[name]
    plain, fused = (compress(make(), MODEL, 4000, 2500, shape=shape, embedder=one) for one in (None, HashEmbedder()))
    assert fused.floor_tokens == plain.floor_tokens
    assert fused.target_met == plain.target_met


def test_below_the_trigger_the_embedder_is_not_asked():
    """Not even where there are so many characters that the texts are judged before they are counted."""
    embedder = HashEmbedder()
    messages = [{"role": "user", "content": "word " * 5_000}, {"role": "user", "content": "Which?"}]
    tokens = compress(messages, MODEL).original_tokens
    assert compress(messages, MODEL, tokens, embedder=embedder).skipped_reason == "below_trigger"
    assert embedder.calls == []


def test_above_the_trigger_it_is_asked_once():
    embedder = HashEmbedder()
    compress(notes(), MODEL, 300, embedder=embedder)
    assert len(embedder.calls) == 1
    assert embedder.calls[0][0] == QUESTION


def test_a_given_query_is_what_the_embedder_sees():
    embedder = HashEmbedder()
    compress(notes(), MODEL, 300, query="storm damage", embedder=embedder)
    assert embedder.calls[0][0] == "storm damage"
    assert QUESTION not in embedder.calls[0]


def test_a_failing_embedder_is_an_error_and_not_a_worse_result():
    def fails(_):
        raise TimeoutError

    with pytest.raises(EmbedderFailed, match="Returning raised TimeoutError"):
        compress(notes(), MODEL, 300, embedder=Returning(fails))


@pytest.mark.parametrize("wrong", ["wordllama", 7, object(), HashEmbedder, lambda texts: texts])
def test_what_is_no_embedder_is_named(wrong):
    with pytest.raises(InvalidArgument, match=r"embedder is .*embed\(texts\) was expected"):
        compress([{"role": "user", "content": "hello"}], MODEL, embedder=wrong)


DIGEST = """
import json, sys
from test_compress_with_embedder import notes
from compresskit import StaticEmbedder, compress
result = compress(notes(), "gpt-4o", 400, embedder=StaticEmbedder())
print(json.dumps([result.messages, dict(result.cache)]))
"""


@pytest.mark.parametrize("seed", ["1", "4242"])
def test_another_process_gives_the_same_bytes(seed):
    pytest.importorskip("wordllama", reason="the extra embeddings is not installed")
    path = os.pathsep.join(map(str, (Path(__file__).parent, HELPERS, ROOT)))
    done = subprocess.run(
        [sys.executable, "-c", DIGEST],
        env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": seed, "RAYON_NUM_THREADS": seed[-1]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    here = compress(notes(), MODEL, 400, embedder=StaticEmbedder())
    assert json.loads(done.stdout) == [here.messages, dict(here.cache)]
