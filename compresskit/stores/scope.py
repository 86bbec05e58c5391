"""Scopes: names in a store that only one conversation of one tenant can make.

A key is made from its text, so a person who knows a text can compute its key. Therefore each text is stored under a
name that is a keyed hash of tenant, conversation and key: the same key of another tenant or conversation has another
name, and a name tells nothing about the text.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from ..errors import InvalidArgument, check_object, shown
from ..types import Store
from .limits import encoded

_UNKEYED = b"compresskit"  # the secret if none is given: then anybody can compute the names
_TENANT, _CONVERSATION, _KEY = 32, 32, 40  # hexadecimal digits: 128, 128 and 160 bits


def scoped(store: Store, conversation: str, *, tenant: str = "", secret: str = "") -> Store:
    """Returns the part of a store that belongs to one conversation of one tenant. It is a store itself.

    A name in the store is ``TENANT.CONVERSATION.KEY``, and each part is an HMAC-SHA256. So the texts of a tenant can be
    removed by their prefix, and MemoryStore can limit each conversation.

    Args:
        store: The store that keeps the texts.
        conversation: The name of the conversation within its tenant.
        tenant: A user, a team or an API key that must not see the texts of others.
        secret: The key of the hashes. With it, a person who can read the names in the store cannot test guesses
            against them. Use the same secret in every process that shares the store; another secret finds nothing.

    Raises:
        InvalidArgument: ``store`` is no store, ``conversation`` is empty, or another argument is not a str.

    Examples:
        >>> from compresskit.stores import MemoryStore
        >>> store = MemoryStore()
        >>> scoped(store, "chat 1", tenant="ann").put({"key": "text"})
        >>> scoped(store, "chat 1", tenant="ann").get("key"), scoped(store, "chat 1", tenant="bob").get("key")
        ('text', None)
    """
    check_object("store", store, "get(key) and put(items)", "such as MemoryStore().")
    for name, value in (("conversation", conversation), ("tenant", tenant), ("secret", secret)):
        if not isinstance(value, str):
            raise InvalidArgument(f"{name} is a {type(value).__name__}; a str was expected.")
    if not conversation:
        raise InvalidArgument(f"conversation is {shown(conversation)}; a name for the conversation was expected.")
    return _Scoped(store, tenant, conversation, encoded(secret) or _UNKEYED)


class _Scoped:
    def __init__(self, store: Store, tenant: str, conversation: str, secret: bytes) -> None:
        self._store = store
        self._scope = (tenant, conversation)
        self._secret = secret
        self._prefix = f"{self._digest(tenant)[:_TENANT]}.{self._digest(tenant, conversation)[:_CONVERSATION]}."

    def get(self, key: str) -> str | None:
        return self._store.get(self._name(key))

    def put(self, items: Mapping[str, str]) -> None:
        self._store.put({self._name(key): text for key, text in items.items()})

    def _name(self, key: str) -> str:
        return self._prefix + self._digest(*self._scope, key)[:_KEY]

    def _digest(self, *parts: str) -> str:
        """Each part with its length before it: no two lists of parts read the same."""
        found = [encoded(part) for part in parts]
        message = b"".join(len(part).to_bytes(8, "big") + part for part in found)
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()
