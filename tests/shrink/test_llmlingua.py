"""The real llmlingua package with tiny models made on the spot, both ways: token classes and perplexity."""

import contextlib
import json
import logging
import os
import random
import re
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest
import tiny_models
from later import Later
from texts import make_text

from compresskit import InvalidArgument
from compresskit.shrink import LLMLingua, Shrinker
from compresskit.shrink import working as notices
from compresskit.shrink.llmlingua_models import load
from compresskit.shrink.must_stay import missing
from compresskit.tokens.measure import measure_for

torch = Later("torch")
pytestmark = [
    pytest.mark.skipif(not find_spec("llmlingua"), reason="needs the extra: pip install 'compresskit[llmlingua]'"),
    pytest.mark.filterwarnings("ignore"),  # of torch and transformers, which are not ours
]

count = measure_for("", None).count
TEXT = (
    "The harbour board did not approve the budget of 25 million euros on 3 May 2024, said the chair. Ships that had "
    "waited outside for days were let in again; the cranes of pier two were repaired by hand.\n\nNobody knows yet who "
    "pays for it, and the report in docs/pier.md says that it will take 18 months. The weather has been mild for weeks "
    "and the gardens of the town are full of flowers, which visitors admire every morning when the market opens. An "
    "old pilot tells stories of the winter in which the whole bay froze and people walked to the lighthouse.\n"
)
QUERY = "Who pays for the repair of the pier?"
WAYS = [
    ("bert", "llmlingua2"),
    ("xlm_roberta", "llmlingua2"),
    ("gpt2", "llmlingua"),
    ("llama", "longllmlingua"),
]

PERPLEXITY = [way for way in WAYS if "llmlingua2" not in way]


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """Two threads that wait for each other on a busy machine take many times as long as one."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    names = dict.fromkeys(name for name, _ in WAYS)
    return {name: getattr(tiny_models, name)(tmp_path_factory.mktemp("model")) for name in names}


@pytest.fixture(scope="module")
def made(folders):
    """One shrinker for each way."""
    return {way: LLMLingua(folders[way[0]], method=way[1], local_files_only=True) for way in WAYS}


@pytest.fixture(params=WAYS, ids=" ".join)
def shrinker(request, made):
    return made[request.param]


@pytest.mark.parametrize("share", [0.55, 0.8])
def test_a_text_comes_within_its_budget_and_keeps_what_must_stay(shrinker, share):
    assert isinstance(shrinker, Shrinker)
    budget = int(count(TEXT) * share)
    [text] = shrinker.shrink([TEXT], [budget], QUERY)
    assert 0.8 * budget <= count(text) <= budget, "the budget is used, and kept"
    assert missing(TEXT, text, QUERY) == ""
    left = iter(TEXT.split())
    assert all(word in left for word in text.split()), "whole words of the text, in its order"


def test_budgets_are_each_texts_own(shrinker):
    texts = [TEXT, TEXT.replace("pier", "dock"), TEXT]
    budgets = [count(TEXT) * share // 100 for share in (60, 80, 95)]
    results = shrinker.shrink(texts, budgets, QUERY)
    assert all(count(text) <= budget for text, budget in zip(results, budgets, strict=True))
    assert count(results[0]) < count(results[1]) < count(results[2])
    assert "dock" in results[1]


def test_a_text_that_fits_stays_and_one_that_cannot_fit_gives_nothing(shrinker):
    assert shrinker.shrink([TEXT, TEXT], [count(TEXT), 20], QUERY) == [TEXT, ""]


@pytest.mark.parametrize("way", WAYS[:1] + WAYS[-1:], ids=" ".join)
def test_weights_of_half_the_size_are_loaded_as_such(folders, way):
    shrinker = LLMLingua(folders[way[0]], method=way[1], dtype="bfloat16", local_files_only=True)
    budget = int(count(TEXT) * 0.7)
    [text] = shrinker.shrink([TEXT], [budget], QUERY)
    assert 0.8 * budget <= count(text) <= budget
    assert missing(TEXT, text, QUERY) == ""
    model = shrinker._loaded()._compressor.model
    weights = getattr(model, "_model", model).parameters()
    assert {weight.dtype for weight in weights} == {torch.bfloat16}


ODD = {
    "special tokens": TEXT + " <|endoftext|> [CLS] </s> <s> [SEP] [PAD] <|im_start|> " + TEXT,
    "other scripts": "委员会没有批准预算。港口关闭了很多天，船只在外面等待。" * 12,
    "emoji and marks": "e\u0301 \U0001f9d1\u200d\U0001f680 🚢 " * 20,
    "a long word": "x" * 300 + " and then the harbour was closed for days and days again",
    "control characters": "the \x00 harbour \x1b[31m was \x1e closed \x1f " * 20,
    "lone surrogates": "the \ud83d harbour was closed " * 20,
    "blank": " \n\t" * 100,
    "longer than the model": TEXT * 4,
}


@pytest.mark.parametrize("name", ODD)
def test_odd_texts_come_within_their_budgets_or_give_nothing(shrinker, name):
    text = ODD[name]
    budget = max(1, count(text) * 7 // 10)
    [result] = shrinker.shrink([text], [budget], "Where is the harbour <|endoftext|>?")
    assert count(result) <= budget
    if result:
        assert set(result.split()) <= set(text.split()) or name == "other scripts"
    if name in ("special tokens", "longer than the model"):
        assert result


def offsets_and_losses(chooser, text):
    """Where the tokens of a text stand, and how surprised the model is by each but the first."""
    tokens = chooser._compressor.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    ids = torch.tensor([tokens["input_ids"]])
    with torch.no_grad():
        logits = chooser._compressor.model(ids).logits[0, :-1]
    losses = torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="none")
    return tokens["offset_mapping"], [float("inf"), *losses.tolist()]


@pytest.mark.parametrize("way", PERPLEXITY, ids=" ".join)
def test_what_surprises_the_model_is_kept(made, way):
    chooser = made[way]._loaded()
    text = TEXT[: TEXT.index(" ", 400)]  # judged in one step
    offsets, losses = offsets_and_losses(chooser, text)
    assert 20 < len(offsets) < 200
    kept = {tuple(span) for span in chooser.choose(text, 0.4, "")}
    by_choice = {True: [], False: []}
    for place, loss in list(zip(offsets, losses, strict=True))[:-1]:  # upstream keeps the last one
        by_choice[tuple(place) in kept].append(loss)
    assert len(by_choice[False]) > len(offsets) // 3
    assert min(by_choice[True]) >= max(by_choice[False])


@pytest.mark.parametrize("way", PERPLEXITY, ids=" ".join)
@pytest.mark.parametrize(
    "query", ["", QUERY, "委员会没有批准预算。" * 90], ids=["none", "short", "longer than the model"]
)
def test_what_upstream_keeps_is_found_where_it_stood(made, way, query, monkeypatch):
    chooser = made[way]._loaded()
    compressor = chooser._compressor
    compress_prompt, judged = compressor.iterative_compress_prompt, []

    def recorded(context, *about, start, **more):
        made = compress_prompt(context, *about, start=start, **more)
        ids = compressor.tokenizer("\n\n".join(context), add_special_tokens=False)["input_ids"]
        judged.append(([ids[place] for place in compressor.places[0].tolist()][start:], made[0][0].tolist()))
        return made

    monkeypatch.setattr(compressor, "iterative_compress_prompt", recorded)
    spans = chooser.choose(TEXT * 3, 0.5, query)
    assert judged
    assert all(found == kept for found, kept in judged)
    said = compressor.tokenizer(TEXT * 3, add_special_tokens=False)["input_ids"]
    assert 0.2 * len(said) < len(spans) < 0.9 * len(said)


@pytest.mark.parametrize("way", PERPLEXITY, ids=" ".join)
def test_every_token_has_its_own_loss_in_every_step(made, way, monkeypatch):
    chooser = made[way]._loaded()
    compressor = chooser._compressor
    read, steps = compressor._read, []

    def compared(ids, mask, past, end):
        loss, pairs = read(ids, mask, past, end)
        first = past[0][0].shape[2] if past else 0
        stop = int(end) if end is not None else ids.shape[1]
        with torch.no_grad():
            logits = compressor.model(ids[:, :stop], use_cache=False).logits[0, :-1]
        own = torch.nn.functional.cross_entropy(logits, ids[0, 1:stop], reduction="none")
        steps.append((first, loss[not first :], own[max(0, first - 1) : stop - 2]))
        return loss, pairs

    monkeypatch.setattr(compressor, "_read", compared)
    compressor.readings.clear()
    chooser.choose(TEXT * 3, 0.4, QUERY)
    assert sum(first > 0 for first, *_ in steps) >= 2
    for _, found, own in steps:
        torch.testing.assert_close(found, own, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("way", PERPLEXITY, ids=" ".join)
def test_texts_of_a_few_tokens_are_judged_too(made, way):
    chooser = made[way]._loaded()
    for size in range(1, 9):
        text = "abcdefgh"[:size]
        assert all(0 <= span.start < span.end <= size for span in chooser.choose(text, 0.5, ""))


@pytest.mark.parametrize(("dtype", "asked"), [(None, []), ("float16", ["torch_dtype"])])
def test_weights_are_loaded_as_upstream_does_unless_told_otherwise(dtype, asked):
    class Compressor:
        def __init__(self, model_name, device_map, model_config):
            given.append((model_name, device_map, model_config))
            self.oai_tokenizer = self.tokenizer = SimpleNamespace()
            self.model = torch.nn.Identity()

    given = []
    load(Compressor, "some/model", "cuda", dtype, True)
    asked = dict.fromkeys(asked, torch.float16)
    assert given == [("some/model", "cuda", {"trust_remote_code": False, "local_files_only": True, **asked})]


@pytest.mark.parametrize("way", PERPLEXITY, ids=" ".join)
def test_the_end_of_a_text_is_not_spared(made, way):
    chooser = made[way]._loaded()
    text = " ".join([TEXT] * 3)
    cut = int(0.8 * len(text))
    kept = chooser.choose(text, 0.2, QUERY)
    ends = [sum(span.end - span.start for span in kept if (span.start >= cut) == late) for late in (False, True)]
    assert ends[1] < 0.5 * (len(text) - cut)
    assert sum(ends) < 0.5 * len(text)


def test_longllmlingua_hears_the_query(made):
    budget = [int(count(TEXT) * 0.6)]
    shrinker = made["llama", "longllmlingua"]
    queries = ["Who pays for the pier?", "flowers of the market gardens and their visitors, every morning"]
    one, other = (shrinker.shrink([TEXT], budget, query) for query in queries)
    assert one != other
    plain = made["gpt2", "llmlingua"]
    assert plain.shrink([TEXT], budget, "who pays") == plain.shrink([TEXT], budget, "what grows")


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_a_second_rate_costs_less_reading_and_chooses_the_same(folders, way):
    rates = (0.3, 0.6)

    def chooser_and_read():
        chooser = LLMLingua(folders[way[0]], method=way[1], local_files_only=True)._loaded()
        model, read = chooser._compressor.model, []
        module = getattr(model, "_model", model)
        module.register_forward_pre_hook(
            lambda _, args, given: read.append((args[0] if args else given["input_ids"]).numel()), with_kwargs=True
        )
        return chooser, read

    one, read = chooser_and_read()
    found = [one.choose(TEXT, rate, QUERY) for rate in rates]
    apart = []
    alone = 0
    for rate in rates:
        fresh, fresh_read = chooser_and_read()
        apart.append(fresh.choose(TEXT, rate, QUERY))
        alone += sum(fresh_read)
    assert found == apart
    assert sum(read) <= 0.8 * alone
    one.choose(TEXT[::-1], 0.3, QUERY)
    assert one.choose(TEXT, 0.3, QUERY) == found[0]


def test_a_rate_is_an_upper_bound(folders):
    shrinker = LLMLingua(folders["bert"], rate=0.7, local_files_only=True)
    [text] = shrinker.shrink([TEXT], [count(TEXT)], "")
    assert count(text) <= 0.7 * count(TEXT)


def test_a_counter_of_ones_own_counts(folders):
    shrinker = LLMLingua(folders["bert"], counter=len, local_files_only=True)
    [text] = shrinker.shrink([TEXT], [450], "")
    assert 300 < len(text) <= 450


def test_a_program_that_loads_a_model_stays_as_it_was(folders):
    """Upstream seeds every generator and sets PYTHONHASHSEED."""
    random.seed(3)
    torch.manual_seed(3)
    before = random.getstate(), torch.get_rng_state(), dict(os.environ)
    LLMLingua(folders["bert"], local_files_only=True).shrink([TEXT], [90], "")
    assert random.getstate() == before[0]
    assert torch.equal(torch.get_rng_state(), before[1])
    assert dict(os.environ) == before[2]


def test_loading_and_shrinking_reach_for_no_network(folders, monkeypatch):
    def refuse(*_, **__):
        raise OSError("no network here")

    for name in ("create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    for name, method in WAYS[:1] + WAYS[-1:]:
        shrinker = LLMLingua(folders[name], method=method, local_files_only=True)
        assert shrinker.shrink([TEXT], [100], QUERY)[0]


def test_a_fresh_process_downloads_nothing_says_nothing_and_ends_well_while_a_model_is_at_work(folders):
    """Not tiktoken's vocabulary nor nltk's data; no bars on a standard error that is no terminal.

    torch brings a program down whose threads are cut off.
    """
    code = f"""
import socket, sys
def refuse(*_, **__):
    raise OSError("no network here")
socket.create_connection = socket.getaddrinfo = socket.socket.connect = refuse
from compresskit.shrink import LLMLingua, shrunk
from compresskit.tokens.measure import measure_for
heavy = {{"torch", "transformers", "llmlingua", "rich"}}
assert not heavy & set(sys.modules)
shrinker = LLMLingua({folders["xlm_roberta"]!r}, local_files_only=True)
assert not heavy & set(sys.modules), "lazy"
assert shrinker.shrink([{TEXT!r}], [100], "")[0]
print("until here", file=sys.stderr)
shrinker, text = LLMLingua({folders["llama"]!r}, method="longllmlingua", local_files_only=True), {TEXT!r}
shrinker.shrink([text], [100], "who?")  # loads the model
print(shrunk([(text * 150, 9_000)], "who?", shrinker, measure_for("", None), max_seconds=0.5)[0].reason)
"""
    kept = {name: value for name, value in os.environ.items() if name != "TIKTOKEN_CACHE_DIR"}
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={**kept, "PYTHONPATH": root, "HF_HOME": "/nonexistent", "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("until here\n")
    assert done.stdout == "the shrinker took more than 0.5 s\n"


def test_code_that_comes_with_a_model_is_not_run(folders, tmp_path):
    """The configuration asks for a class of its own; with upstream's default it would be imported."""
    for file in Path(folders["bert"]).iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = json.loads((tmp_path / "config.json").read_text())
    config["auto_map"] = {"AutoConfig": "own.Own", "AutoModelForTokenClassification": "own.Own"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    proof = tmp_path / "was_run"
    (tmp_path / "own.py").write_text(f"open({str(proof)!r}, 'w')\nclass Own: pass\n")
    shrinker = LLMLingua(str(tmp_path), local_files_only=True)
    with contextlib.suppress(ValueError):  # transformers may refuse such a model altogether
        shrinker.shrink([TEXT], [90], "")
    assert not proof.exists()


def test_a_model_that_is_no_classifier_is_refused_with_a_word(folders):
    with pytest.raises(InvalidArgument, match="method='llmlingua'"):
        LLMLingua(folders["gpt2"], local_files_only=True).shrink([TEXT], [90], "")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"method": "llmlingua3"}, "llmlingua3"),
        ({"rate": 0}, "rate is 0"),
        ({"rate": 1.5}, "1.5"),
        ({"rate": "half"}, "half"),
        ({"device": ""}, "device"),
        ({"dtype": "int8"}, "int8"),
        ({"counter": 3}, "counter is 3"),
    ],
)
def test_a_wrong_option_is_named(options, named):
    with pytest.raises(InvalidArgument, match=re.escape(named)):
        LLMLingua("somewhere", **options)


def test_the_upstream_defaults_are_named():
    assert LLMLingua().model == "microsoft/llmlingua-2-xlm-roberta-large-meetingbank"
    assert LLMLingua(method="longllmlingua").model == "NousResearch/Llama-2-7b-hf"
    assert LLMLingua().device == "cpu"
    assert LLMLingua(rate=0.5).identity != LLMLingua().identity
    assert LLMLingua(dtype="bfloat16").identity != LLMLingua().identity == LLMLingua().identity


def test_a_model_that_fails_at_a_text_warns_once_and_gives_nothing(folders, caplog, monkeypatch):
    monkeypatch.setattr(notices, "_warned", set())
    shrinker = LLMLingua(folders["bert"], local_files_only=True)
    chooser = shrinker._loaded()

    class Fragile:
        def choose(self, text, rate, query):
            if "dock" in text:
                raise RuntimeError("secret: " + text)
            return chooser.choose(text, rate, query)

    shrinker._chooser = Fragile()
    texts = [TEXT, TEXT.replace("pier", "dock")] * 2
    with caplog.at_level(logging.WARNING):
        results = shrinker.shrink(texts, [100] * 4, "")
    assert [bool(text) for text in results] == [True, False] * 2
    assert len(caplog.records) == 1
    assert "harbour" not in caplog.text


def test_a_conversation_in_many_languages(shrinker):
    texts = [make_text("cjk", 1, 500), make_text("prose", 1, 700)]
    budgets = [count(text) * 8 // 10 for text in texts]
    for text, result, budget in zip(texts, shrinker.shrink(texts, budgets, ""), budgets, strict=True):
        assert count(result) <= budget
        assert result == "" or missing(text, result) == ""
