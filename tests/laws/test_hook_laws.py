"""The laws with the caller's own functions on texts, over generated conversations in all shapes."""

import json

from hypothesis import given
from hypothesis import strategies as st
from oracles import difference
from strategies import MODEL, cases, check_first_laws, examples, soup_cases, squeeze
from validity import breaches

from compresskit import compress


def vowels_hidden(text, _about):
    """Changes nearly every text, and gives many texts that are alike."""
    return "".join("*" if letter in "aeiou" else letter for letter in text)


def secrets_hidden(text, _about):
    return "[hidden]" if len(text) % 2 else text


def only_results(text, about):
    return text[: len(text) // 2] + "[cut]" if about.role == "tool" else text


def longer(text, about):
    return f"{about.role}: {text}"


def head(text, _about):
    return text[: len(text) // 3]


def nothing(_text, _about):
    return ""


befores = st.sampled_from([vowels_hidden, secrets_hidden, only_results, longer])
afters = st.sampled_from([None, head, nothing, vowels_hidden])


@examples(16)
@given(cases | soup_cases, befores, afters)
def test_every_law_holds_behind_any_hooks(case, before, after):
    given_messages = json.dumps(case.messages)
    result = squeeze(case, before=before, after=after)
    assert json.dumps(case.messages) == given_messages
    check_first_laws(case, result)


@examples(8)
@given(cases, befores, afters)
def test_a_hooked_request_is_as_good_as_one_of_the_hooked_messages(case, before, after):
    """What `before` gives is compressed as if the caller had given it."""
    hooked = compress(case.messages, MODEL, shape=case.shape, trigger=10**9, before=before).messages
    one = squeeze(case, before=before, after=after)
    other = compress(hooked, MODEL, shape=case.shape, after=after, **case.budget)
    assert difference(one.messages, other.messages) is None
    assert dict(one.cache) == dict(other.cache)
    assert breaches(case.shape, hooked, one) == []
