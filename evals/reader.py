"""A small causal language model that answers from a context, and says how likely the right answer was."""

from __future__ import annotations

import re

_ANSWER_TOKENS = 16  # that it may write


class Reader:
    """A causal language model that answers from a context."""

    def __init__(self, model: str) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self._torch = torch
        self._tokenizer = AutoTokenizer.from_pretrained(model)
        self._model = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32).eval()

    def judge(self, context: str, question: str, answer: str) -> dict[str, float]:
        """Log-likelihood of the answer, and whether the greedy one begins with it."""
        torch = self._torch
        prompt = f"{context}\n\nQuestion: {question}\nAnswer:".lstrip()
        start = self._tokenizer(prompt, return_tensors="pt").input_ids
        wanted = self._tokenizer(f" {answer}", add_special_tokens=False, return_tensors="pt").input_ids
        with torch.no_grad():
            said = self._model(torch.cat([start, wanted], dim=1)).logits[0, start.shape[1] - 1 : -1].log_softmax(-1)
            written = self._model.generate(
                start, attention_mask=torch.ones_like(start), max_new_tokens=_ANSWER_TOKENS, do_sample=False,
                pad_token_id=self._tokenizer.eos_token_id,
            )  # fmt: skip
        likelihood = said.gather(1, wanted[0].unsqueeze(1)).mean().item()
        reply = self._tokenizer.decode(written[0, start.shape[1] :], skip_special_tokens=True)
        return {"likelihood": likelihood, "exact": float(_plain(reply).startswith(_plain(answer)))}


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", re.sub(r"\b(?:a|an|the)\b", " ", text.lower())))
