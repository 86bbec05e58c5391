"""Hooks: `before` decides what is sent and retrieved, `after` how a text is said in short, and nothing is lost."""

import json
import pickle

import pytest
from hooked import EMAIL, KEY, hide, leaks, log, lookup, talk

from compresskit import (
    About,
    Conversation,
    HookFailed,
    InvalidArgument,
    answer,
    compress,
    restore,
    retrieve,
)
from compresskit.hooks import one_after_another, redact, tidy

BUDGET = {"trigger": 6_000, "target": 4_000}


def everything(result):
    """What a result gives a model, and what a program may write down of it."""
    keys = [key for key in result.cache if len(key) < 60]
    return [result.messages, result.tools, dict(result.cache), [retrieve(result.cache, key) for key in keys]]


# --- before ---


def test_below_the_trigger_a_redactor_holds_as_well():
    messages = talk(1, lines=30)
    result = compress(messages, "gpt-4o", before=hide)
    assert (result.skipped_reason, result.tools, dict(result.cache)) == ("below_trigger", None, {})
    assert leaks(result.messages) == []
    assert result.messages[1]["content"] == "Which requests of [address] were slow?"
    assert result.replaced == ((0, ("content",)), (1, ("content",)), (3, ("content",)), (5, ("content",)))
    assert result.changes[1] == (1, ("content",), "Which requests of [address] were slow?")
    assert restore(result.messages, result.cache) == messages


def test_above_the_trigger_no_secret_can_be_seen_or_retrieved_and_everything_is_restored():
    messages = talk()
    result = compress(messages, "gpt-4o", **BUDGET, before=hide)
    assert result.target_met
    assert leaks(everything(result)) == []
    assert restore(result.messages, result.cache) == messages
    assert "[address] ([token])" in "".join(dict(result.cache).values())


def test_a_value_that_stands_twice_as_one_object_is_seen_at_both_places():
    user = {"mail": "ann@example.org"}
    result_of = {"name": "users", "response": {"rows": [{"id": 1, "user": user}, {"id": 2, "user": user}]}}
    messages = [
        {"role": "user", "parts": [{"text": "Who is there?"}]},
        {"role": "model", "parts": [{"functionCall": {"name": "users", "args": {}}}]},
        {"role": "user", "parts": [{"functionResponse": result_of}]},
    ]
    result = compress(messages, "gemini-2.5-pro", before=lambda text, _: text.replace("ann@", "[name]@"))
    assert "ann@" not in json.dumps(result.messages)
    assert restore(result.messages, result.cache) == messages


def test_tokens_are_those_of_the_texts_that_are_sent():
    messages = [{"role": "user", "content": "Sum up:\n" + "very long " * 2_000}]
    result = compress(messages, "gpt-4o", 1_000, before=lambda text, _: text[:40])
    assert result.skipped_reason == "below_trigger"
    assert result.original_tokens < 30


def test_turn_after_turn_what_was_sent_stays_whatever_the_hook_now_says():
    calls = []

    def counting(text, about):
        calls.append(about.message)
        return f"{hide(text, about)} [{len(calls)}]"  # another text each time

    messages = talk(1, lines=60)
    first = compress(messages, "gpt-4o", **BUDGET, before=counting)
    assert sorted(calls) == [0, 1, 3, 4, 5]
    more = [*messages, *lookup(9, log(9, 40))]
    second = compress(more, "gpt-4o", **BUDGET, before=counting, previous=first)
    assert second.messages[: len(messages)] == first.messages
    assert calls[5:] == [7]
    assert restore(second.messages, second.cache) == more
    as_sent = compress([*first.messages, *more[6:]], "gpt-4o", **BUDGET, before=hide, previous=first)
    assert restore(as_sent.messages, as_sent.cache) == more
    assert leaks(everything(second)) == leaks(everything(as_sent)) == []


def test_a_result_that_enters_shorter_is_one_without_secrets():
    rows = [{"order": n, "mail": EMAIL, "total": n * 7} for n in range(100)]
    messages = [*talk(0), *lookup(1, json.dumps(rows))]
    result = compress(messages, "gpt-4o", on_entry=True, offer_tool=True, before=hide)
    assert result.entered
    assert leaks(everything(result)) == []
    assert restore(result.messages, result.cache) == messages


def test_a_hook_that_is_new_begins_anew_and_no_old_text_can_be_retrieved():
    messages = talk()
    before = compress(messages, "gpt-4o", **BUDGET)
    assert leaks(everything(before))
    for options in ({"previous": before}, {"cache": before.cache}):
        given = before.messages if "cache" in options else messages
        result = compress(given, "gpt-4o", **BUDGET, before=hide, **options)
        assert leaks(everything(result)) == []
        assert restore(result.messages, result.cache) == messages
    for given in (messages, before.messages):  # with a hook that changes nothing, no form has to go
        result = compress(given, "gpt-4o", **BUDGET, before=lambda text, _: text, previous=before)
        assert result.original_tokens == before.original_tokens


def test_a_new_message_that_says_what_a_hook_wrote_earlier_keeps_its_text():
    first = compress(talk(1, lines=30), "gpt-4o", before=hide)
    quotation = {"role": "user", "content": first.messages[1]["content"]}
    more = [*talk(1, lines=30), quotation]
    result = compress(more, "gpt-4o", before=hide, previous=first, cache=first.cache)
    assert restore(result.messages, result.cache) == more


def test_a_hook_that_is_left_out_leaves_what_was_sent_and_comes_back_for_everything():
    first = compress(talk(1, lines=30), "gpt-4o", before=hide)
    more = [*talk(1, lines=30), {"role": "user", "content": EMAIL}]
    without = compress(more, "gpt-4o", previous=first)
    assert without.messages == [*first.messages, more[-1]]
    assert restore(without.messages, without.cache) == more
    again = compress(more, "gpt-4o", previous=without, before=hide)
    assert leaks(again.messages) == []
    open_one = compress([*talk(), *more], "gpt-4o", **BUDGET, previous=first)
    closed = compress(open_one.messages, "gpt-4o", **BUDGET, cache=open_one.cache, before=hide)
    assert leaks(everything(closed)) == []


def test_json_and_stores_never_hold_what_was_taken_out_and_a_pickle_does():
    messages = talk()
    result = compress(messages, "gpt-4o", **BUDGET, before=hide)
    behind = restore(result.messages, json.loads(json.dumps(result.cache)))
    assert leaks(behind) == []
    assert [message["role"] for message in behind] == [message["role"] for message in messages]
    copy = pickle.loads(pickle.dumps(result))
    assert restore(copy.messages, copy.cache) == messages


def test_texts_that_become_the_same_are_told_apart():
    texts = [EMAIL, "[address]", "bob@example.org", EMAIL, "[address]"]
    messages = [{"role": "user", "content": [{"type": "text", "text": text} for text in texts]}]
    messages += [
        one for text in texts for one in ({"role": "assistant", "content": "ok"}, {"role": "user", "content": text})
    ]
    result = compress(messages, "gpt-4o", before=hide)
    assert restore(result.messages, result.cache) == messages
    later = [*result.messages, {"role": "assistant", "content": "ok"}, {"role": "user", "content": "[address]"}]
    assert restore(later, result.cache)[len(messages) :] == later[len(messages) :]


def test_short_and_nested_texts_of_results_go_through_the_hook_in_every_shape():
    row = {"mail": EMAIL, "keys": [KEY, 5]}
    asked = {"functionCall": {"name": "customer", "args": {}}}
    gemini = [
        {"role": "user", "parts": [{"text": "Who?"}]},
        {"role": "model", "parts": [asked]},
        {"role": "user", "parts": [{"functionResponse": {"name": "customer", "response": row}}]},
    ]
    used = {"toolUse": {"toolUseId": "t1", "name": "customer", "input": {}}}
    converse = [
        {"role": "user", "content": [{"text": "Who?"}]},
        {"role": "assistant", "content": [used]},
        {"role": "user", "content": [{"toolResult": {"toolUseId": "t1", "content": [{"json": row}]}}]},
        {
            "role": "user",
            "content": [{"document": {"name": "a", "source": {"text": EMAIL}, "citations": {"enabled": True}}}],
        },
        {
            "role": "user",
            "content": [
                {"guardContent": {"text": {"text": EMAIL, "qualifiers": ["query"]}}},
                {"document": {"name": "a", "context": f"by {EMAIL}", "source": {"bytes": "JVBE"}}},
                {"searchResult": {"source": "a", "title": KEY, "content": [{"text": "Some words."}]}},
            ],
        },
    ]
    cited = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": EMAIL}}
    anthropic = [
        {"role": "user", "content": [{**cited, "citations": {"enabled": True}}, {"type": "text", "text": "Who?"}]},
        {
            "role": "user",
            "content": [
                {**cited, "title": f"from {EMAIL}", "context": KEY},
                {"type": "document", "title": EMAIL, "source": {"type": "base64", "data": "JVBE"}},
                {"type": "search_result", "source": "a", "title": KEY, "content": [{"type": "text", "text": "Words."}]},
            ],
        },
    ]
    responses = [
        {"type": "function_call", "call_id": "c1", "name": "customer", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": json.dumps(row)},
    ]
    for messages in (gemini, converse, anthropic, responses):
        seen = []

        def watching(text, about, seen=seen):
            seen.append(about)
            return hide(text, about)

        result = compress(messages, "gpt-4o", before=watching)
        assert leaks(result.messages) == []
        assert restore(result.messages, result.cache) == messages
        if messages is not anthropic:
            assert {about.tool for about in seen if about.role == "tool"} == {"customer"}


def test_a_hook_knows_what_a_text_is():
    seen = {}
    call = {"id": "c", "type": "function", "function": {"name": "read_file", "arguments": '{"path": "src/app.py"}'}}
    code = "def main():\n    return 1\n\n\ndef other():\n    return 2\n"
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Read it."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": code},
        {"role": "user", "content": "   "},
    ]
    compress(messages, "gpt-4o", before=lambda text, about: seen.setdefault(about.message, (text, about))[0])
    assert (seen[0][1].role, seen[0][1].call, seen[1][1].role) == ("system", "", "user")
    assert seen[3] == (
        code,
        About("tool", "read_file", 'read_file {"path": "src/app.py"}', "src/app.py", "python", 3, "gpt-4o"),
    )
    assert 4 not in seen, "a blank text is not asked for"


def test_an_object_with_the_method_does_as_well():
    class Redactor:
        def before(self, text, about):
            return hide(text, about)

        def after(self, text, _):
            return text[:200]

    result = compress(talk(), "gpt-4o", **BUDGET, before=Redactor(), after=Redactor())
    assert leaks(result.messages) == []
    assert restore(result.messages, result.cache) == talk()


# --- after ---


def slow_ones(text, about):
    """The own form of a log: the slow requests alone."""
    if about.tool != "read_log":
        return text
    return "\n".join(line for line in text.split("\n") if line.split(" took ")[1].startswith("8"))


def test_an_own_form_holds_where_an_excerpt_would_have_to_leave_out():
    messages = talk(2, lines=400)
    result = compress(messages, "gpt-4o", trigger=6_000, target=5_000, after=slow_ones)
    rows = [row for row in result.decisions if row.action == "compact"]
    assert [row.message for row in rows] == [3, 5]
    for row in rows:
        marker, _, body = result.messages[row.message]["content"].partition("\n")
        assert marker == f"[… shortened: retrieve {row.key}]"
        assert body == slow_ones(messages[row.message]["content"], About("tool", "read_log"))
        assert result.cache[row.key] == messages[row.message]["content"]
    assert restore(result.messages, result.cache) == messages
    assert restore(result.messages, json.loads(json.dumps(result.cache))) == messages
    again = compress([*messages, {"role": "user", "content": "Go on."}], "gpt-4o", 6_000, 5_000, previous=result)
    assert again.messages[: len(result.messages)] == result.messages, "the form stays without the hook"


def test_a_form_that_is_too_long_is_cut_like_any_text():
    messages = talk(2, lines=400)
    result = compress(messages, "gpt-4o", trigger=3_000, target=1_000, after=slow_ones)
    assert result.compressed_tokens <= 1_000
    shown = result.messages[5]["content"].split("\n")
    assert shown[0].startswith("[… shortened")
    assert set(shown[1:]) - {"…"} <= set(messages[5]["content"].split("\n"))
    assert restore(result.messages, result.cache) == messages


@pytest.mark.parametrize("form", [lambda text, _: text + "!", lambda _text, _: "", lambda text, _: text, None])
def test_without_a_shorter_form_everything_is_as_without_the_hook(form):
    plain = compress(talk(), "gpt-4o", **BUDGET)
    result = compress(talk(), "gpt-4o", **BUDGET, after=form)
    assert (result.messages, dict(result.cache)) == (plain.messages, dict(plain.cache))


def test_after_is_called_once_for_a_text_above_the_trigger_and_never_below_or_for_texts_that_stay():
    calls = []
    compress(talk(), "gpt-4o", after=lambda text, about: calls.append(about.message) or text)
    assert calls == []
    compress(talk(), "gpt-4o", **BUDGET, after=lambda text, about: calls.append(about.message) or text)
    assert sorted(calls) == [3, 5, 7, 9]
    calls.clear()
    rules = [{"tool": "read_*", "action": "verbatim"}]
    compress(talk(), "gpt-4o", **BUDGET, rules=rules, after=lambda text, about: calls.append(about.message) or text)
    assert calls == []


# --- what goes wrong ---


def raising(_text, _about):
    raise KeyError(EMAIL)


@pytest.mark.parametrize(
    ("hook", "says"),
    [
        (raising, "raised KeyError for a str of "),
        (lambda _text, _about: None, "returned None for a str of "),
        (lambda _text, _about: " \n", "returned a str of 2 characters for a str of "),
        (lambda text: text, "raised TypeError for a str of "),
    ],
)
def test_a_hook_that_fails_is_one_error_without_content(hook, says):
    with pytest.raises(HookFailed) as failed:
        compress(talk(), "gpt-4o", **BUDGET, before=hook)
    assert says in str(failed.value)
    assert leaks(str(failed.value)) == []


def test_a_form_that_fails_is_an_error_as_well():
    with pytest.raises(HookFailed, match=r"after raised KeyError for a str of [\d,]+ characters in messages\[\d+\]"):
        compress(talk(), "gpt-4o", **BUDGET, after=raising)


@pytest.mark.parametrize("value", ["my_hooks.redact", 5, [hide], hide.__class__])
def test_what_is_no_hook_is_refused(value):
    for name in ("before", "after"):
        with pytest.raises(InvalidArgument, match=f"{name} is .*a function of a text"):
            compress([], "gpt-4o", **{name: value})


# --- conversations ---


def test_a_conversation_goes_on_in_another_process_with_its_hook():
    talking = Conversation("gpt-4o", **BUDGET, before=hide)
    talking.append(*talk(3))
    request = talking.request()
    assert leaks(request) == []
    text = talking.to_json()
    with pytest.raises(InvalidArgument, match=r"had a hook before, .* Pass before="):
        Conversation.from_json(text)
    later = Conversation.from_json(text, before=raising)
    assert restore(later.result.messages, later.result.cache) == talk(3)
    assert later.request() == request, "no text that was sent goes through the hook again"
    assert leaks(answer({"choices": [{"message": retrieval(later)}]}, later.result.cache)) == []


def retrieval(talking):
    key = next(row.key for row in talking.result.decisions if row.key)
    function = {"name": "compresskit_retrieve", "arguments": json.dumps({"key": key})}
    return {"role": "assistant", "content": None, "tool_calls": [{"id": "r", "type": "function", "function": function}]}


# --- the ready ones ---


def test_tidy_leaves_what_a_terminal_shows_and_everything_is_restored():
    output = "".join(f"\x1b[32mstep {n}\x1b[0m   \n 10%\r 60%\r100%\n\n\n\n" for n in range(50))
    messages = [{"role": "user", "content": "Run it.\x1b[0m"}, *lookup(1, output)]
    result = compress(messages, "gpt-4o", before=tidy)
    assert result.messages[-1]["content"] == "".join(f"step {n}\n100%\n\n" for n in range(50))
    assert result.messages[0] == messages[0]
    assert result.original_tokens < compress(messages, "gpt-4o").original_tokens / 2
    assert restore(result.messages, result.cache) == messages


def test_ready_hooks_go_one_after_another():
    both = one_after_another(tidy, hide)
    assert both(f"\x1b[1m{EMAIL}\x1b[0m", About("tool")) == "[address]"


@pytest.mark.parametrize(
    "patterns", ["@", {"a": "("}, {"a": None}, {5: "x"}, {"": "x"}, {"word": r"\w+"}, {"a": rb"x"}]
)
def test_patterns_that_cannot_work_are_refused(patterns):
    with pytest.raises(InvalidArgument, match="patterns") as refused:
        redact(patterns)
    if patterns == {"a": "("}:
        assert "missing ), unterminated subpattern at position 0" in str(refused.value)
