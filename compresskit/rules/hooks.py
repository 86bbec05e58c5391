"""The caller's functions on texts: ``before`` gives the text that is sent in place of a text, ``after`` a shorter form.

It calls them, and it checks what they are and what they return. When they are called is decided elsewhere.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..content import detect
from ..errors import HookFailed, InvalidArgument, described, shown
from ..types import About, Block, Turn

Function = Callable[[str, About], str]


def checked_hook(name: str, value: Any) -> Function | None:
    """The function of an argument that is a function of a text, or an object with a method of that name.

    Args:
        name: "before" or "after", with what errors write before it.
        value: The argument.

    Raises:
        InvalidArgument: It is neither.

    >>> checked_hook("before", None), checked_hook("after", str.strip) is str.strip
    (None, True)
    """
    if value is None:
        return None
    method = name.rpartition(".")[2]
    if not isinstance(value, type):
        for found in (getattr(value, method, None), value):
            if inspect.iscoroutinefunction(found):
                raise InvalidArgument(f"{name} is an async function; one that returns a text at once was expected.")
            if callable(found):
                return found  # type: ignore[no-any-return]
    raise InvalidArgument(
        f"{name} is {shown(value)}; a function of a text and of what is known of it was expected, or an object with "
        f"{method}(text, about), or None."
    )


def text_before(hook: Function, turn: Turn, block: Block, model: str) -> str:
    """The text that ``before`` gives for a text. A blank text is never asked for.

    Raises:
        HookFailed: The hook raised, or it returned no text, or a blank one.
    """
    if not block.text.strip():
        return block.text
    text = _called("before", hook, turn, block, model)
    if not text.strip():
        raise HookFailed(
            f"before returned {described(text)} for {_what(turn, block)}; a text that is not blank was expected, "
            f"because providers refuse blank texts. Return a note, such as '[removed]'."
        )
    return text


def form_after(hook: Function, turn: Turn, block: Block, model: str) -> str:
    """The form that ``after`` gives for a text, "" if it gives none that is shorter.

    Raises:
        HookFailed: The hook raised, or it returned no text.
    """
    text = _called("after", hook, turn, block, model)
    return text if text.strip() and len(text) < len(block.text) else ""


def _called(name: str, hook: Function, turn: Turn, block: Block, model: str) -> str:
    try:
        text = hook(block.text, _about(turn, block, model))
    except HookFailed:
        raise
    except Exception as error:
        raise HookFailed(
            f"{name} raised {type(error).__name__} for {_what(turn, block)}; a text was expected. Mend what the cause "
            f"says, or leave {name} out."
        ) from error
    if not isinstance(text, str):
        raise HookFailed(
            f"{name} returned {described(text)} for {_what(turn, block)}; a text was expected. Return the text itself "
            f"to leave it as it is."
        )
    return text


def _what(turn: Turn, block: Block) -> str:
    return f"{described(block.text)} in messages[{turn.index}]"


def _about(turn: Turn, block: Block, model: str) -> About:
    found = detect(block.text, block.call)
    role, tool = role_and_tool(turn, block)
    return About(role, tool, block.call, found.path, found.kind, turn.index, model)


def role_and_tool(turn: Turn, block: Block) -> tuple[str, str]:
    """The role of a text, "tool" for a result wherever it is, and the name of the tool or of the command.

    >>> role_and_tool(Turn(0, "user"), Block(0, ("content",), "a.py", call="ls src"))
    ('tool', 'ls')
    """
    return "tool" if block.call else turn.role, block.call.partition(" ")[0]
