"""The tokens of a text that a hosted model takes, and texts that are cut to that number."""

from __future__ import annotations

from ..tokens.measure import Measure

_UNKNOWN_LIMIT = 512  # tokens of a text, for a model that litellm does not know: most small models' limit


def token_limit(model: str) -> int:
    """Tokens that a model takes of a text, as litellm knows it, else 512."""
    import litellm

    try:
        known = litellm.get_model_info(model).get("max_input_tokens")
    except Exception:  # litellm raises Exception itself for a model that it does not know
        known = None
    return known if isinstance(known, int) and known > 0 else _UNKNOWN_LIMIT


def cut(text: str, limit: int, measure: Measure) -> tuple[str, int]:
    """As much of the beginning of a text as has at most ``limit`` tokens, and its tokens."""
    while (tokens := measure.count(text)) > limit:
        text = text[: min(len(text) - 1, len(text) * limit // tokens)]
    return text, tokens
