"""The requests that people send most: a document and its question, marked requests, newest results over the target."""

import copy
import json
import logging
import re

import pytest
from samples import anthropic_agent, openai_agent

from compresskit import Conversation, compress, restore, retrieve

MODEL = "gpt-4o"
BUDGET = {"trigger": 4_000, "target": 2_000}
FILLER = "It has arches of stone, and many people use it every day of the year to cross the river. "
PASSAGES = [
    f"Passage {n}: The bridge of {1800 + n} is in town {n * 7 % 13}, number {n}. {FILLER * 2}" for n in range(120)
]
DOCUMENT = "\n\n".join(PASSAGES)
QUESTION = "Which town has the bridge of 1887? Answer with its number."
ANSWER = "The bridge of 1887 is in town 11, number 87."
CALL = {"id": "c1", "type": "function", "function": {"name": "read_file", "arguments": '{"path": "bridges.md"}'}}


def user(content):
    return {"role": "user", "content": content}


def said(text):
    return {"role": "assistant", "content": text}


def text_part(text):
    return {"type": "text", "text": text}


READ = [
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "c1", "content": DOCUMENT},
]
PLAIN = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": DOCUMENT}, "title": "a.md"}
IN_PARTS = {"type": "document", "source": {"type": "content", "content": [text_part(DOCUMENT)]}}
IN_SHORT_PARTS = {"type": "document", "source": {"type": "content", "content": [*map(text_part, PASSAGES[70:])]}}
FOUND = {
    "type": "search_result", "source": "https://example.org", "title": "Bridges", "content": [text_part(DOCUMENT)],
    "citations": {"enabled": True},
}  # fmt: skip
CONVERSE_FOUND = {"searchResult": {"source": "s", "title": "Bridges", "content": [{"text": DOCUMENT}]}}


def results_of(*content):
    use = {"type": "tool_use", "id": "t1", "name": "search", "input": {"query": "bridges"}}
    answer = {"type": "tool_result", "tool_use_id": "t1", "content": list(content)}
    return [user(QUESTION), {"role": "assistant", "content": [use]}, user([answer])]


def converse_results_of(*content):
    use = {"toolUse": {"toolUseId": "t1", "name": "search", "input": {"query": "bridges"}}}
    answer = {"toolResult": {"toolUseId": "t1", "content": list(content)}}
    return [user([{"text": QUESTION}]), {"role": "assistant", "content": [use]}, user([answer])]


MCP_RESOURCE = {"type": "resource", "resource": {"uri": "file:///a.md", "text": DOCUMENT}}


def cohere_result_of(*documents):
    return [
        user(QUESTION),
        READ[0],
        {**READ[1], "content": [{"type": "document", "document": one} for one in documents]},
    ]


ROWS = {"rows": [{"year": 1800 + n, "text": passage} for n, passage in enumerate(PASSAGES)], "next": None}
BESIDE = {"log": f"{FILLER}\n" * 60, **ROWS}
ORDERS = "Now:\n1. {0}\n2. Reply as JSON.\n3. If it is not there, reply null.\n\nDo not invent anything."
TRANSCRIPT = "\n".join(f"Q: What about bridge {n}?\nA: {passage}" for n, passage in enumerate(PASSAGES))
LAST_LINES = f"Query: {QUESTION}\nOld answer: town 3.\nNew answer:"
BY_THREE, BY_TWENTY = (["\n\n".join(PASSAGES[n : n + by]) for n in range(0, len(PASSAGES), by)] for by in (3, 20))
HALVES = "\n\n".join(PASSAGES[:60]), "\n\n".join(PASSAGES[60:])


def gemini_results_of(response, role="user"):
    call = {"role": "model", "parts": [{"functionCall": {"name": "search", "args": {}}}]}
    answer = {"role": role, "parts": [{"functionResponse": {"name": "search", "response": response}}]}
    return [{"role": "user", "parts": [{"text": QUESTION}]}, call, answer]


def in_parallel(texts):
    functions = [{"name": "read_file", "arguments": f'{{"path": "{n}.md"}}'} for n in range(len(texts))]
    calls = [{"id": f"c{n}", "type": "function", "function": one} for n, one in enumerate(functions)]
    answers = [{"role": "tool", "tool_call_id": f"c{n}", "content": text} for n, text in enumerate(texts)]
    return [user(QUESTION), {"role": "assistant", "content": None, "tool_calls": calls}, *answers]


REACTED = f"Thought: I look it up.\nAction: search\nAction Input: bridges\nObservation: {DOCUMENT}"
REQUESTS = {
    "one message, question last": [user(f"{DOCUMENT}\n\n{QUESTION}")],
    "one message, question first": [user(f"{QUESTION}\n\n{DOCUMENT}")],
    "two blocks": [user([text_part(DOCUMENT), text_part(QUESTION)])],
    "two blocks, question first": [user([text_part(QUESTION), text_part(DOCUMENT)])],
    "tags around both": [user(f"<context>\n{DOCUMENT}\n</context>\n<question>\n{QUESTION}\n</question>")],
    "a fence": [user(f"{QUESTION}\n```\n{DOCUMENT}\n```")],
    "first message and a follow-up": [user(f"{DOCUMENT}\n\nSum this up."), said("On bridges."), user(QUESTION)],
    "instruction, then the document": [user(QUESTION), user(DOCUMENT)],
    "an answered result": [user("Read bridges.md."), *READ, said("I have read it."), user(QUESTION)],
    "a newest result": [user(QUESTION), *READ],
    "an observation in the assistant's message": [user(QUESTION), said(REACTED)],
    "a scratchpad behind the question": [user(f"Answer as best you can.\n\nQuestion: {QUESTION}\n{REACTED}\nThought:")],
    "a document block": [user([PLAIN, text_part(QUESTION)])],
    "a document of parts": [user([IN_PARTS, text_part(QUESTION)])],
    "a search result": [user([FOUND, text_part(QUESTION)])],
    "a document of short parts": [user([IN_SHORT_PARTS, text_part(QUESTION)])],
    "a result of an older client of Gemini": gemini_results_of(ROWS, role="function"),
    "documents as a tool's result": results_of(PLAIN, IN_PARTS),
    "a search result as a tool's result": results_of(FOUND),
    "JSON as a result of Converse": converse_results_of({"json": {"files": [{"path": "a.md", "text": DOCUMENT}]}}),
    "rows as JSON of Converse": converse_results_of({"json": ROWS}),
    "rows beside a text as JSON of Converse": converse_results_of({"json": BESIDE}),
    "rows as JSON of Gemini": gemini_results_of(ROWS),
    "rows beside a text as JSON of Gemini": gemini_results_of(BESIDE),
    "parts of one result, of which each may have a stub": results_of(*map(text_part, BY_THREE)),
    "many small parts of one result": results_of(*map(text_part, PASSAGES[40:])),
    "a prompt as JSON": [user(json.dumps({"task": QUESTION, "documents": PASSAGES}, indent=2))],
    "a text in short parts": [user([*map(text_part, BY_THREE), text_part(QUESTION)])],
    "a text in short parts that was answered": [user([*map(text_part, BY_THREE)]), said("Read."), user(QUESTION)],
    "a question, then documents in messages of their own": [user(QUESTION), *map(user, BY_TWENTY)],
    "a question between two documents": [user(f"{QUESTION}\n\n".join(f"Document:\n\n{half}\n\n" for half in HALVES))],
    "orders in a list": [user(f"Read this:\n\n{DOCUMENT}\n\n{ORDERS.format(QUESTION)}")],
    "lines that divide": [user(f"The context:\n-----\n{DOCUMENT}\n-----\nUse the context.\n{QUESTION}")],
    "a transcript that ends in a question": [user(f"{TRANSCRIPT}\nQ: {QUESTION}\nA:")],
    "a history and a labelled question": [user(f"{TRANSCRIPT}\n\nFollow Up Input: {QUESTION}\nNew:")],
    "a template of labelled lines": [user(f"Refine the answer.\nNew context: {DOCUMENT}\n{LAST_LINES}")],
    "a plain file of LangChain": [user([{"type": "text-plain", "text": DOCUMENT}, text_part(QUESTION)])],
    "a resource of MCP": [user([MCP_RESOURCE, text_part(QUESTION)])],
    "a document of Cohere": cohere_result_of({"id": "d1", "data": DOCUMENT}),
    "documents of Cohere with fields": cohere_result_of(*({"data": {"title": "a", "text": one}} for one in BY_THREE)),
    "passages in messages around the question": [*map(user, PASSAGES[:70]), user(QUESTION), *map(user, PASSAGES[70:])],
    "passages in messages, then a reminder": [user(QUESTION), *map(user, PASSAGES), user("Please answer now.")],
    "the question in the system's text": [{"role": "system", "content": QUESTION}, *map(user, PASSAGES)],
    "a word to begin with, the question in the system's text": [
        {"role": "system", "content": QUESTION}, user("Go."), *READ
    ],
    "results of parallel calls": in_parallel(BY_THREE),
    "answered results of parallel calls": [*in_parallel(PASSAGES), said("I have read them."), user(QUESTION)],
    "a search result of Converse": [user([CONVERSE_FOUND, {"text": QUESTION}])],
    "a search result as a result of Converse": converse_results_of(CONVERSE_FOUND),
}  # fmt: skip


@pytest.mark.parametrize("kind", REQUESTS)
def test_the_target_is_met_and_the_lines_that_answer_can_be_read(kind):
    messages = REQUESTS[kind]
    result = compress(messages, MODEL, **BUDGET)
    shown = json.dumps(result.messages)
    assert result.target_met
    assert QUESTION in shown
    assert ANSWER in shown
    assert restore(result.messages, result.cache) == messages


WITHOUT_A_KNOWN_WORD = {
    "Dutch": "Zoek op welke town de bridge of 1887 heeft.",
    "German": "Ermittle die town mit der bridge of 1887",
    "Russian": "Назови номер: town, bridge of 1887.",
    "Chinese": "请写出 bridge of 1887 所在的 town 的编号。",
}
PLACES = {"in front": 0, "in between": 60, "behind": 120}
DIVISIONS = {
    "messages": lambda texts: [*map(user, texts)],
    "parts": lambda texts: [user([*map(text_part, texts)])],
    "paragraphs": lambda texts: [user("\n\n".join(texts))],
    "contents of Gemini": lambda texts: [{"role": "user", "parts": [{"text": text} for text in texts]}],
}


@pytest.mark.parametrize("division", DIVISIONS)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("language", WITHOUT_A_KNOWN_WORD)
def test_a_request_is_found_wherever_it_stands_among_passages(language, place, division):
    request = WITHOUT_A_KNOWN_WORD[language]
    at = PLACES[place]
    messages = DIVISIONS[division]([*PASSAGES[:at], request, *PASSAGES[at:]])
    result = compress(messages, MODEL, **BUDGET)
    shown = json.dumps(result.messages, ensure_ascii=False)
    assert result.target_met
    assert request in shown
    assert ANSWER in shown
    assert restore(result.messages, result.cache) == messages


@pytest.mark.parametrize("tag", ["INSTRUCTIONS", "user_instructions"])
def test_instructions_that_a_client_sends_ahead_of_the_task_stay(tag):
    rules = "\n".join(f"- Never call the town of number {n} by its old name." for n in range(12))
    ahead = f"# AGENTS.md\n\n<{tag}>\n{rules}\n</{tag}>"
    result = compress(
        [user(ahead), user(f"<environment_context>\n{FILLER}\n</environment_context>"), *results_of(PLAIN)],
        MODEL,
        **BUDGET,
    )
    assert result.target_met
    assert rules in json.dumps(result.messages[0]["content"]).encode().decode("unicode_escape")
    assert FILLER in json.dumps(result.messages[1])


def test_rules_at_either_end_stay_whole():
    rules = "## Guidelines\n" + "\n".join(
        f"- Rule {n}: never call the town of number {n} by its old name." for n in range(12)
    )
    for prompt in (f"{rules}\n\n{DOCUMENT}\n\n{QUESTION}", f"{DOCUMENT}\n\n{rules}\n\n{QUESTION}"):
        result = compress([user(prompt)], MODEL, **BUDGET)
        assert result.target_met
        assert rules in result.messages[0]["content"]


ARTICLES = [
    f"Article {n}.\n"
    + "\n".join(f"You must {verb} hall {n}{at}." for at, verb in enumerate(("clean", "lock", "air", "light", "mark")))
    + f"\nNever lend the key of hall {n}.\n{FILLER * 3}\nAlways close gate {n} at night."
    for n in range(60)
]
HANDBOOKS = {"short": ARTICLES, "long": ["\n".join(ARTICLES[n : n + 6]) for n in range(0, 60, 6)]}


@pytest.mark.parametrize("parts", HANDBOOKS)
def test_a_handbook_in_parts_is_data_and_rules_for_the_reader_beside_it_stay(parts):
    rules = "Answer as the porter:\n- Never guess.\n- Always name the hall."
    asked = "At which time is gate 41 closed?"
    messages = [user([text_part(rules), *map(text_part, HANDBOOKS[parts]), text_part(asked)])]
    result = compress(messages, MODEL, **BUDGET)
    shown = [part["text"] for part in result.messages[0]["content"]]
    assert result.target_met
    assert (shown[0], shown[-1]) == (rules, asked)
    assert "Always close gate 41 at night." in "\n".join(shown)
    assert restore(result.messages, result.cache) == messages


STANDING = [
    "A partir de ahora usa metros.",
    "From now on, answer in French, and never touch town.yml.",
    "今後は必ず日本語で答えてください。",
    "Antworte immer auf Deutsch.",
]


@pytest.mark.parametrize("order", STANDING)
@pytest.mark.parametrize("place", ["{0}", "{0} {1}", "{1} {0}", "{2}\n\n{0}", "```\n{2}\n```\n\n{0} {1}"])
def test_a_standing_order_of_an_earlier_message_can_be_read(place, order):
    talk = [one for n in range(30) for one in (user(f"Tell me about bridge {n}."), said(f"{PASSAGES[n]} {FILLER}"))]
    earlier = [user(place.format(order, FILLER * 3, DOCUMENT)), said("Noted.")]
    result = compress([*talk[:8], *earlier, *talk, user(QUESTION)], MODEL, trigger=1_200, target=800)
    assert result.target_met
    assert order in "\n".join(str(message["content"]) for message in result.messages)


def test_many_standing_orders_do_not_take_the_room():
    talk = [one for n in range(300) for one in (user(f"Always mark bridge {n} in blue."), said(FILLER))]
    result = compress([*talk, user(QUESTION)], MODEL, **BUDGET)
    assert result.target_met
    assert "Always mark bridge 299 in blue." in str(result.messages)


WRAPPED = {
    "documents": ("<documents>\n", '<document index="{0}">\n<text>\n{1}\n</text>\n</document>\n', "</documents>\n"),
    "attached files": (
        "<context>\nThese were attached:\n\n<files>\n",
        "```{0}.md\n{1}\n```\n",
        "</files>\n</context>\n",
    ),
}


@pytest.mark.parametrize("target", [400, 900, 2_000, 4_000])
@pytest.mark.parametrize("kind", WRAPPED)
@pytest.mark.parametrize("call", [False, True])
def test_lines_that_open_and_close_a_part_are_shown_together(kind, target, call):
    opening, each, closing = WRAPPED[kind]
    texts = ["\n\n".join(PASSAGES[n : n + 4]) for n in range(0, 120, 4)]
    text = opening + "".join(each.format(n, one) for n, one in enumerate(texts)) + closing
    result_of = {**READ[1], "content": text}
    messages = [user(QUESTION), READ[0], result_of] if call else [user(f"{text}\n{QUESTION}")]
    result = compress(messages, MODEL, trigger=target, target=target)
    shown = re.sub(r"^\[… .*\]$", "", result.messages[-1]["content"], flags=re.MULTILINE)
    assert result.target_met
    for name in ("documents", "document", "text", "context", "files"):
        assert len(re.findall(rf"<{name}[ >]", shown)) == shown.count(f"</{name}>")
    assert shown.count("```") % 2 == 0
    assert restore(result.messages, result.cache) == messages


def screenshots(shape, count):
    """A run of a computer-use agent."""
    data = "iVBORw0KGgo" * 400
    for n in range(count):
        if shape == "anthropic":
            use = {"type": "tool_use", "id": f"t{n}", "name": "computer", "input": {"action": "screenshot"}}
            image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}
            yield {"role": "assistant", "content": [use]}
            yield user([{"type": "tool_result", "tool_use_id": f"t{n}", "content": [text_part(f"page {n}"), image]}])
        elif shape == "converse":
            use = {"toolUseId": f"t{n}", "name": "computer", "input": {}}
            image = {"image": {"format": "png", "source": {"bytes": data}}}
            yield {"role": "assistant", "content": [{"toolUse": use}]}
            yield user([{"toolResult": {"toolUseId": f"t{n}", "content": [{"text": f"page {n}"}, image]}}])
        elif shape == "gemini":
            image = {"inlineData": {"mimeType": "image/png", "data": data}}
            answer = {"name": "computer", "response": {"page": n}, "parts": [image]}
            yield {"role": "model", "parts": [{"functionCall": {"name": "computer", "args": {}}}]}
            yield {"role": "user", "parts": [{"functionResponse": answer}]}
        else:
            image = {"type": "computer_screenshot", "image_url": f"data:image/png;base64,{data}"}
            yield {"type": "computer_call", "call_id": f"c{n}", "action": {"type": "click", "x": n, "y": n}}
            yield {"type": "computer_call_output", "call_id": f"c{n}", "output": image}


@pytest.mark.parametrize("shape", ["anthropic", "converse", "gemini", "responses"])
def test_old_screenshots_fold_and_the_newest_stays(shape):
    asked = {"role": "user", "parts": [{"text": QUESTION}]} if shape == "gemini" else user([{"text": QUESTION}])
    run = [user(QUESTION) if shape in ("anthropic", "responses") else asked, *screenshots(shape, 12)]
    size = compress(run, MODEL).original_tokens
    assert size < 25_000  # an image is no text
    result = compress(run, MODEL, trigger=size - 1, target=size // 2)
    assert result.target_met
    assert result.messages[-2:] == run[-2:]
    assert restore(result.messages, result.cache) == run
    (fold,) = (json.dumps(one) for one in result.messages if "images or files" in json.dumps(one))
    (key,) = (key for key in result.cache if key in fold)
    assert "characters of data" in retrieve(result.cache, key)
    goes_on = [*run, *list(screenshots(shape, 13))[-2:]]
    later = compress(goes_on, MODEL, trigger=size - 1, target=size // 2, previous=result)
    assert later.messages[: len(result.messages)] == result.messages


def test_the_images_of_a_human_stay_and_the_decisions_name_what_held_up_the_target():
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo" * 400}}
    run = [one for n in range(6) for one in (user([image, text_part(f"Picture {n}?")]), said("A bridge."))]
    result = compress([*run, user(QUESTION)], MODEL, trigger=5_000, target=3_000)
    assert not result.target_met
    assert [row.message for row in result.decisions if not row.path] == list(range(0, 12, 2))


def test_the_words_of_the_assistant_around_an_observation_stay():
    words = [
        REACTED.partition(DOCUMENT)[0],
        "\nThought: The town must be in it, I think.\nAction: ask\nAction Input: town",
    ]
    result = compress([user(QUESTION), said(DOCUMENT.join(words))], MODEL, **BUDGET)
    assert result.target_met
    assert all(part.strip() in result.messages[-1]["content"] for part in words)


def test_the_last_to_go_stays_whole_while_the_target_can_be_had_without_it():
    notes = "\n".join(f"Note {n}: {FILLER}" for n in range(150))
    messages = [user(notes), said("Noted."), user(QUESTION), *READ]
    size = compress(messages[2:], MODEL).original_tokens
    above = compress(messages, MODEL, trigger=size + 800, target=size + 700)
    assert above.target_met
    assert above.messages[-1]["content"] == DOCUMENT
    below = compress(messages, MODEL, trigger=size, target=size - 500)
    assert below.target_met
    assert below.messages[-1]["content"] != DOCUMENT
    (row,) = (row for row in below.decisions if row.message == len(messages) - 1)
    assert "out of reach" in row.why


def test_a_system_prompt_is_opened_only_by_its_name():
    system = {"role": "system", "content": f"Answer from the handbook.\n\n<handbook>\n{DOCUMENT}\n</handbook>"}
    messages = [system, user(QUESTION)]
    kept = compress(messages, MODEL, **BUDGET)
    assert (kept.skipped_reason, kept.messages, kept.target_met) == ("protected", messages, False)
    opened = compress(messages, MODEL, **BUDGET, open=["system"])
    assert opened.target_met
    assert opened.messages[0]["content"].startswith("Answer from the handbook.")
    assert ANSWER in opened.messages[0]["content"]


def test_what_the_caller_names_stays():
    messages = [user("Read bridges.md."), *READ, said("I have read it."), user(QUESTION)]
    for named in ([2], ["tool"], ["read_file"], lambda message: message.get("tool_call_id") == "c1"):
        assert compress(messages, MODEL, **BUDGET, protect=named).messages[2] == messages[2]
    tagged = [user(f"{DOCUMENT}\n\n<keep>The toll is 5 crowns.</keep>\n\n{DOCUMENT}"), said("Yes."), user(QUESTION)]
    result = compress(tagged, MODEL, **BUDGET)
    assert result.target_met
    assert result.skipped_reason is None
    assert "fold" in {row.action for row in result.decisions} or "<keep>The toll is 5 crowns.</keep>" in str(
        result.messages
    )


def test_a_result_cannot_protect_itself():
    result = [READ[0], {**READ[1], "content": f"<keep>{DOCUMENT}</keep>"}]
    messages = [user("Read it."), *result, said("Done."), user(QUESTION)]
    assert compress(messages, MODEL, **BUDGET).target_met


def marked(messages):
    """As Claude Code sends them: marks on the newest block, and on that of the user's message before."""
    copies = copy.deepcopy(messages)
    for message in [message for message in copies if message["role"] == "user"][-2:]:
        if isinstance(message["content"], str):
            message["content"] = [text_part(message["content"])]
        message["content"][-1]["cache_control"] = {"type": "ephemeral", "ttl": "1h"}
    return copies


def unmarked(value):
    if isinstance(value, dict):
        return {key: unmarked(child) for key, child in value.items() if key != "cache_control"}
    return [unmarked(child) for child in value] if isinstance(value, list) else value


def marks(value):
    if isinstance(value, dict):
        return ("cache_control" in value) + sum(map(marks, value.values()))
    return sum(map(marks, value)) if isinstance(value, list) else 0


def test_marks_that_move_from_turn_to_turn_keep_the_prefix_and_stop_no_compaction():
    run = anthropic_agent(turns=40)
    whole = compress(run, MODEL).original_tokens
    budget = {"trigger": whole // 3, "target": whole // 6}
    previous, rewritten, above = None, 0, 0
    for end in range(1, len(run) + 1, 2):
        given = marked(run[:end])
        before, previous = previous, compress(given, MODEL, shape="anthropic", previous=previous, **budget)
        assert restore(previous.messages, previous.cache) == given
        assert marks(previous.messages) == marks(given)
        assert previous.compressed_tokens <= budget["trigger"]
        above += previous.original_tokens > budget["trigger"]
        if before is not None:
            sent, now = unmarked(before.messages), unmarked(previous.messages)
            rewritten += json.dumps(now[: len(sent)]) != json.dumps(sent)
    assert above > 10
    assert 1 <= rewritten <= above // 3


def test_marks_that_keep_freeze_what_they_cover():
    run = marked(anthropic_agent(turns=30))
    kept = compress(run, MODEL, shape="anthropic", trigger=1_000, target=500, cached="keep")
    assert kept.messages == run
    assert compress(run, MODEL, shape="anthropic", trigger=3_000, target=2_000).skipped_reason is None


EXTRA = {"id": "msg_1", "metadata": {"a": 1}, "reasoning_content": "Look first.", "annotations": [], "usage": {"in": 1}}


@pytest.mark.parametrize("agent", [openai_agent, anthropic_agent])
def test_unknown_fields_cost_what_they_cost_and_nothing_more(agent):
    plain, more = agent(turns=40), agent(turns=40)
    for message in more:
        if message["role"] == "assistant":
            message.update(EXTRA)
    size = compress(plain, MODEL).original_tokens
    results = [compress(messages, MODEL, trigger=size // 2, target=size // 3) for messages in (plain, more)]
    assert all(result.target_met for result in results)
    assert restore(results[1].messages, results[1].cache) == more
    for message in results[1].messages:
        if "id" in message:
            assert {name: message[name] for name in EXTRA} == EXTRA


@pytest.mark.parametrize("agent", [openai_agent, anthropic_agent])
def test_without_folds_every_message_and_call_stays_and_changes_say_all(agent):
    messages = agent(turns=40)
    size = compress(messages, MODEL).original_tokens
    result = compress(messages, MODEL, trigger=size - 1, target=size * 7 // 10, folds=False)
    assert result.target_met
    assert [message["role"] for message in result.messages] == [message["role"] for message in messages]
    changed = copy.deepcopy(messages)
    for change in result.changes:
        place = changed[change.message]
        for step in change.path[:-1]:
            place = place[step]
        assert place[change.path[-1]] != change.text
        place[change.path[-1]] = change.text
    assert changed == result.messages
    assert result.changes


def test_changes_are_none_if_messages_fold():
    messages = openai_agent(turns=40)
    result = compress(messages, MODEL, trigger=2_000, target=1_500)
    assert any(row.action == "fold" for row in result.decisions)
    assert result.changes == ()


def test_a_plain_chat_agent_gets_what_an_agent_with_tools_gets():
    source = "\n\n".join(f"def helper_{n}(line):\n    return line.split(':')[{n}]" for n in range(120))
    look = [said("Look.\n```\nls src\n```"), user("helpers.py\n(Current directory: /repo)\nbash-$")]
    messages = [user("Fix helper_7."), *look * 3, said("Read.\n```\ncat helpers.py\n```"), user(f"{source}\nbash-$")]
    result = compress(messages, MODEL, on_entry=True)
    assert result.compressed_tokens < result.original_tokens / 2
    assert [row.message for row in result.entered] == [8]
    assert restore(result.messages, result.cache) == messages
    assert compress(messages, MODEL, on_entry=True, results="tools").messages == messages


def test_a_conversation_takes_nothing_away_below_the_trigger_unasked():
    source = "\n\n".join(f"def helper_{n}(line):\n    return line.split(':')[{n}]" for n in range(120))
    rows = json.dumps([{"id": n, "path": f"src/module_{n}.py", "ok": True} for n in range(60)])
    result = [{**READ[1], "content": source}, {**READ[1], "content": rows}]
    talk = Conversation(MODEL)
    talk.append(user("Fix helper_7."), READ[0], result[0])
    assert talk.request()["messages"] == talk.messages
    other = Conversation(MODEL)
    other.append(user("Fix helper_7."), READ[0], result[1])
    other.request()
    (row,) = other.result.entered
    assert (row.message, row.action) == (2, "compact")
    assert row.tokens_after < row.tokens_before


def test_a_missed_target_is_logged_without_a_word_of_the_conversation(caplog):
    with caplog.at_level(logging.WARNING, logger="compresskit"):
        compress([{"role": "system", "content": DOCUMENT}, user(QUESTION)], MODEL, **BUDGET)
    (record,) = caplog.records
    assert "2000" in record.getMessage()
    assert "bridge" not in record.getMessage()


WANTED = "The ferry of Larkhill was moved to Ashgrove."
PARAGRAPHS = [*PASSAGES[:50], WANTED, *PASSAGES[50:]]
HALL = "\n\n".join(PARAGRAPHS)
TAGGED = ["\n".join(["<document>", *PARAGRAPHS[at : at + 4], "</document>"]) for at in range(0, len(PARAGRAPHS), 4)]


@pytest.mark.parametrize(
    "messages",
    [
        [user([{"type": "text", "text": text} for text in [*TAGGED, "Where was the ferry of Larkhill moved?"]])],
        [user(f"{HALL}\n\nTraduce solo lo que se dice del ferry de Larkhill y conserva los nombres")],
        [{"role": "system", "content": "Find what is said of the ferry of Larkhill in the user's text."}, user(HALL)],
        [{"role": "system", "content": "Schreibe heraus, was über Larkhill gesagt wird."}, user(HALL)],
        [
            {"role": "system", "content": "What is said of the ferry of Larkhill?"},
            user(
                [{"type": "text", "text": "\n\n".join(PARAGRAPHS[at : at + 4])} for at in range(0, len(PARAGRAPHS), 4)]
            ),
        ],
    ],
    ids=[
        "behind parts between tags",
        "at the end, in no known words",
        "in the system's text",
        "in the system's text, in no known words",
        "in the system's text, beside parts",
    ],
)
def test_a_request_beside_material_alone_is_what_relevance_is_judged_against(messages):
    result = compress(messages, MODEL, trigger=1_200, target=600)
    assert result.target_met
    assert WANTED in str(result.messages[-1]["content"])


SMALL_OUTPUTS = {  # a small output, and the line that says what went wrong
    "build": (
        "".join(f"gcc -O2 -c part_{n}.c -o part_{n}.o\n" for n in range(9)) + "part_9.c:7:3: error: 'x' undeclared\n",
        "part_9.c:7:3: error: 'x' undeclared",
    ),
    "log": (
        "".join(f"10:00:{n:02} INFO [api] GET /items/{n} {n * 7 % 90}ms\n" for n in range(6))
        + "10:00:06 ERROR [db] connection refused\n"
        + "".join(f"10:00:{n:02} INFO [api] GET /items/{n} {n * 7 % 90}ms\n" for n in range(7, 14)),
        "10:00:06 ERROR [db] connection refused",
    ),
    "records": (
        "".join(
            json.dumps({"at": f"10:00:{n:02}", "level": "error" if n == 4 else "info", "say": f"step {n}"}) + "\n"
            for n in range(12)
        ),
        "step 4,error",
    ),
}


def small_output(text):
    call = {"id": "c", "type": "function", "function": {"name": "run", "arguments": "{}"}}
    return [
        {"role": "user", "content": "Find out what is wrong."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": text},
    ]


@pytest.mark.parametrize(
    ("name", "share", "recoverable"),
    [
        *((name, share, False) for name in SMALL_OUTPUTS for share in (0.5, 0.7)),
        *((name, share, True) for name in ("log", "records") for share in (0.6, 0.7)),
    ],
)
def test_a_small_output_shows_its_failure(name, share, recoverable):
    text, failure = SMALL_OUTPUTS[name]
    messages = small_output(text)
    bare = compress(small_output("x"), "gpt-4o").original_tokens
    whole = compress(messages, "gpt-4o").original_tokens
    target = bare + int(share * (whole - bare))
    result = compress(messages, "gpt-4o", trigger=target, target=target, recoverable=recoverable)
    assert result.target_met
    assert failure in result.messages[2]["content"]
    assert restore(result.messages, result.cache) == messages


@pytest.mark.parametrize("target", [60, 100, 150])
def test_a_request_stays_whole_if_the_tool_costs_most_of_what_could_be_left_out(target):
    messages = small_output("".join(f"gcc -O2 -c part_{n}.c -o part_{n}.o\n" for n in range(7)))
    result = compress(messages, "gpt-4o", trigger=target, target=target)
    assert (result.messages, result.tools, result.skipped_reason) == (messages, None, "no_gain")
    assert result.floor_tokens == result.compressed_tokens == result.original_tokens
    longer = small_output("".join(f"gcc -O2 -c part_{n}.c -o part_{n}.o\n" for n in range(20)))
    assert compress(longer, "gpt-4o", trigger=target, target=target).tools
