"""The reader of `python -m evals shrink`: what it says is what the model says to the whole prompt at once."""

from importlib.util import find_spec

import pytest
import tiny_models
from later import Later

from evals.models.reader import Reader

torch, transformers = Later("torch"), Later("transformers")
pytestmark = [
    pytest.mark.skipif(not find_spec("llmlingua"), reason="needs the extra: pip install 'compresskit[llmlingua]'"),
    pytest.mark.filterwarnings("ignore"),  # of torch and transformers, which are not ours
]

CONTEXT, QUESTION = "The pilot of the harbour was born in Marseille.", "Where was the pilot born?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_models.llama(tmp_path_factory.mktemp("model"))


def test_likelihood_is_the_mean_over_the_answers_tokens(folder):
    answer = "the harbour of Marseille"
    model, tokenizer = (
        transformers.AutoModelForCausalLM.from_pretrained(folder).eval(),
        transformers.AutoTokenizer.from_pretrained(folder),
    )
    prompt = tokenizer(f"{CONTEXT}\n\nQuestion: {QUESTION}\nAnswer:", return_tensors="pt").input_ids
    wanted = tokenizer(f" {answer}", add_special_tokens=False, return_tensors="pt").input_ids
    with torch.no_grad():
        losses = model(torch.cat([prompt, wanted], dim=1), labels=torch.cat([torch.full_like(prompt, -100), wanted], 1))
    found = Reader(folder).judge(CONTEXT, QUESTION, answer)
    assert found["likelihood"] == pytest.approx(-losses.loss.item(), abs=1e-4)


def test_exact_is_whether_the_model_goes_on_with_the_answer(folder):
    model, tokenizer = (
        transformers.AutoModelForCausalLM.from_pretrained(folder).eval(),
        transformers.AutoTokenizer.from_pretrained(folder),
    )
    prompt = tokenizer(f"{CONTEXT}\n\nQuestion: {QUESTION}\nAnswer:", return_tensors="pt").input_ids
    written = model.generate(prompt, max_new_tokens=3, do_sample=False)
    reader = Reader(folder)
    said = tokenizer.decode(written[0, prompt.shape[1] :])
    assert reader.judge(CONTEXT, QUESTION, said)["exact"] == 1
    assert reader.judge(CONTEXT, QUESTION, f"not {said}")["exact"] == 0
