"""A small causal language model that answers from a context, and says how likely the right answer was."""

from __future__ import annotations

import copy
import re

_MORE_TOKENS = 4  # than the right answer has, that it may write


class Reader:
    """A causal language model that answers from a context."""

    def __init__(self, model: str, dtype: str = "float32") -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self._torch = torch
        self._tokenizer = AutoTokenizer.from_pretrained(model)
        self._model = AutoModelForCausalLM.from_pretrained(model, dtype=getattr(torch, dtype)).eval()
        self._judged: dict[tuple[str, str], dict[str, float]] = {}  # by prompt and answer

    def judge(self, context: str, question: str, answer: str) -> dict[str, float]:
        """Log-likelihood of the answer, and whether the greedy one begins with it."""
        prompt = f"{context}\n\nQuestion: {question}\nAnswer:".lstrip()
        if (prompt, answer) not in self._judged:  # two budgets may leave the same
            with self._torch.no_grad():
                self._judged[prompt, answer] = self._read(prompt, answer)
        return self._judged[prompt, answer]

    def _read(self, prompt: str, answer: str) -> dict[str, float]:
        """Reads the prompt once, and goes on from there with the right answer and with its own."""
        torch = self._torch
        start = self._tokenizer(prompt, return_tensors="pt").input_ids
        wanted = self._tokenizer(f" {answer}", add_special_tokens=False, return_tensors="pt").input_ids
        before = self._model(start[:, :-1], use_cache=True, logits_to_keep=1).past_key_values
        given = torch.cat([start[:, -1:], wanted[:, :-1]], dim=1)
        said = self._model(given, past_key_values=copy.deepcopy(before), use_cache=True).logits[0].float()
        written = self._model.generate(
            start, attention_mask=torch.ones_like(start), past_key_values=before, do_sample=False,
            max_new_tokens=wanted.shape[1] + _MORE_TOKENS, pad_token_id=self._tokenizer.eos_token_id,
        )  # fmt: skip
        likelihood = said.log_softmax(-1).gather(1, wanted[0].unsqueeze(1)).mean().item()
        reply = self._tokenizer.decode(written[0, start.shape[1] :], skip_special_tokens=True)
        return {"likelihood": likelihood, "exact": float(_plain(reply).startswith(_plain(answer)))}


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", re.sub(r"\b(?:a|an|the)\b", " ", text.lower())))
