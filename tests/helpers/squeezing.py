"""Conversations at a share of their own tokens."""

from compresskit import compress, restore


def squeezed(messages, share, model="gpt-4o", **options):
    """The result whose trigger and target are this share. It fits, and everything comes back."""
    tokens = int(share * compress(messages, model, trigger=10**9).original_tokens)
    result = compress(messages, model, trigger=tokens, target=tokens, **options)
    assert result.target_met
    assert restore(result.messages, result.cache) == messages
    return result
