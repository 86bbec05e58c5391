"""The responses of OpenAI chat completions, Anthropic messages and LiteLLM: objects or dicts, whole or streamed.

Only this package knows the structure of a response. It offers:

whole responses (``whole``, ``usage``)
    ``message_of(response, choice=0)``   the model's turn as a dict; {} if there is none
    ``messages_of(turn)``                the messages to append for a turn
    ``calls_of(message)``                its tool calls; ``call.ours`` are retrievals
    ``calls_in(response)``               the tool calls of a response in any shape
    ``results(calls, texts)``            the messages that answer calls
    ``settled(response, settling)``      a copy in which calls of deferred tools are calls of the caller's own
    ``without_ours(response)``           a copy without our calls, with a finish reason that fits
    ``with_message(response, fields)``   a copy with other fields in its message
    ``usage_of``, ``added``, ``with_usage``  a response's usage, the sum of several, a copy with another usage

streams (``streams``, with ``openai_stream`` for OpenAI and LiteLLM, ``anthropic_stream`` for Anthropic)
    ``STREAMS[shape].turn(shown, choice)`` reads one call of the model; ``stream_turn`` says what such a turn has. Pass
    on the results of ``turn.feed(event)`` and then of ``turn.end()``. ``turn.message(choice)`` is the whole message. If
    it consists of retrievals alone, answer them and go on with a new turn and the same ``shown``. Otherwise pass on
    ``turn.closing(...)`` and ``turn.totals()``.

turns with calls of our tool and of the caller's (``mixed_turns``)
    ``record_of(message, texts, before)`` is the record of our calls. ``put_back(messages, records)`` are the messages
    with these calls in place again. Records come from the messages (``taken``) or from a store, under
    ``names(messages)``.

Nothing is changed in place, and no model is called.
"""

from .fields import changed, field, plain
from .items import Call
from .mixed_turns import NAME, Record, name_of, names, put_back, record_of, taken
from .settling import AS_THEY_ARE, Settling, settled
from .stream_turn import StreamTurn
from .streams import STREAMS, StreamShape
from .usage import Usage, added, usage_of, with_usage
from .whole import (
    FIELDS,
    calls_in,
    calls_of,
    choices_of,
    message_of,
    messages_of,
    results,
    with_message,
    without_ours,
)

__all__ = [
    "AS_THEY_ARE",
    "FIELDS",
    "NAME",
    "STREAMS",
    "Call",
    "Record",
    "Settling",
    "StreamShape",
    "StreamTurn",
    "Usage",
    "added",
    "calls_in",
    "calls_of",
    "changed",
    "choices_of",
    "field",
    "message_of",
    "messages_of",
    "name_of",
    "names",
    "plain",
    "put_back",
    "record_of",
    "results",
    "settled",
    "taken",
    "usage_of",
    "with_message",
    "with_usage",
    "without_ours",
]
