"""Text of one document is never read as text of another: its label is kept, or the gap above it says the label."""

import json
import re

import pytest

from compresskit import compress, restore
from compresskit.content import split
from compresskit.content.labels import labels

MODEL = "gpt-4o"
NAMES = ("tides.txt", "mills.txt", "looms.txt", "bells.txt", "ferry.txt", "kilns.txt")
LAYOUTS = (
    "Document {i}:\n{t}", "Document {i} ({n}):\n{t}", "=== {n} ===\n{t}", "--- {n} ---\n{t}", "### {n}\n\n{t}",
    "=====================\nFILE: {n}\n=====================\n{t}", "## File: `{n}`\n```\n{t}\n```", "[{i}] «{t}»",
    "[The Start of {n}]\n{t}\n[The End of {n}]", '<document name="{n}">\n{t}\n</document>', "Source: {n}\n{t}",
    '<document index="{i}">\n<source>{n}</source>\n<document_content>\n{t}\n</document_content>\n</document>',
    "Contract {c}:\n\n{t}", "Content from @{n}:\n{t}", "# {n}\n{t}", "<<<{n}>>>\n{t}\n<<<END>>>", "**{n}**\n\n{t}",
    "{n}: {t}", "【文档{i}：{n}】\n{t}", "--- Page {i} ---\n{t}", "BEGIN {n}\n{t}\nEND {n}", "Passage {i}: {t}",
    "[CONTEXT {i}]:\n{t}\n[END CONTEXT {i}]", "==> {n} <==\n{t}", "Result {i}\nTitle: {n}\nContent: {t}",
)  # fmt: skip


def lines_of(number):
    """Lines of a document that no other document has. One in its middle answers the question."""
    topics = ("the warden", "a rope", "some barley", "an old stair", "the lantern")
    lines = [f"In {1700 + line} {topics[line % 5]} of place {number + 1}-{line} was told of." for line in range(90)]
    lines[40 + 3 * number] = f"The gate of place {number + 1}-99 failed, and the council heard of the failure late."
    return lines


def told(layout, number):
    """A document in its layout."""
    text = "\n".join(lines_of(number))
    return layout.format(i=number + 1, c="ABCDEF"[number], n=NAMES[number], t=text)


def under(text, layout):
    """(document that the line is of, document whose label was last read) for each line of the documents in a text."""
    shown = None
    for line in text.split("\n"):
        for number, name in enumerate(NAMES):
            signs = [name] if "{n}" in layout else []
            label = re.sub(r"[^\w ]", "", layout.format(i=number + 1, c="ABCDEF"[number], n=name, t="").split("\n")[0])
            found = re.sub(r"[^\w ]", "", line)
            if any(sign in line for sign in signs) or (
                label.strip() and re.search(rf"(?<!\w){label.strip()}(?!\w)", found)
            ):
                shown = number
        if own := re.search(r"of place (\d)-\d+ ", line):
            yield int(own[1]) - 1, shown


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_kept_line_is_read_under_the_label_of_its_own_document(layout):
    question = "Compare the documents: which gate failed, and when did the council hear of the failure?"
    content = question + "\n\n" + "\n\n".join(told(layout, number) for number in range(len(NAMES)))
    messages = [{"role": "user", "content": content}]
    result = compress(messages, MODEL, trigger=2_600, target=2_600)
    assert result.target_met
    assert restore(result.messages, result.cache) == messages
    pairs = list(under(result.messages[0]["content"], layout))
    assert len({own for own, _ in pairs}) > 2
    assert all(own == shown for own, shown in pairs)


def test_text_behind_the_last_document_is_of_none():
    text = told(LAYOUTS[9], 0) + "\n" + told(LAYOUTS[9], 1) + "\n" + "A remark of the editor.\n" * 40
    assert [label.end for label in labels(text, split(text).kind)][-1] == text.rindex("</document>")


@pytest.mark.parametrize(
    "text",
    [
        "def f(x):\n  if x\n    x + 1\n  end\nend\n\n" * 60,
        "func (c *Context) F() string {\n\treturn c.fullPath\n}\n\n" * 60,
        "\n\n".join(f"The keeper of {year} saw the sea, and told nobody of it. " * 4 for year in range(1700, 1730)),
        "\n".join(f"[{number}] Smith and Jones, 1999." for number in range(1, 200)),
        json.dumps([{"name": "stdout", "text": "x" * 400} for number in range(9)], indent=1),
    ],
)
def test_lines_that_are_only_alike_are_no_labels(text):
    assert labels(text, split(text).kind) == []


@pytest.mark.parametrize("fence", ["", "```\n"])
@pytest.mark.parametrize("target", [900, 1_400])
def test_a_pasted_stack_trace_keeps_what_was_thrown(fence, target):
    frames = "".join(
        f'  File "/srv/app/{name}.py", line {line}, in run\n    return run(request, *args, **kwargs)\n'
        for line, name in enumerate(("middleware", "views", "orders", "billing", "client"), 3)
    )
    thrown = "billing.errors.CardDeclined: insufficient_funds for customer cus_9912"
    code = "".join(
        f"def step_{n}(request, handler):\n    result = handler.process(request)\n    return result\n\n"
        for n in range(200)
    )
    trace = f"{fence}Traceback (most recent call last):\n{frames}{thrown}\n{fence}"
    content = f"getting this in prod\n\n{trace}\n{fence}{code}{fence}\n\nwhich exception is it and where is it raised"
    result = compress([{"role": "user", "content": content}], MODEL, trigger=target, target=target)
    assert result.target_met
    assert thrown in result.messages[0]["content"]


@pytest.mark.parametrize("write", [json.dumps, str, lambda value: json.dumps(json.dumps(value))])
def test_names_in_markers_have_no_letter_of_an_escape(write):
    notes = "\n".join(f"No_{n}_ofMany\nAs_{n}/path.txt is kept.\n" for n in range(400))
    function = {"name": "search", "arguments": "{}"}
    messages = [
        {"role": "user", "content": "Which note is the last one?"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function", "function": function}]},
        {"role": "tool", "tool_call_id": "c", "content": write({"content": [{"type": "text", "text": notes}]})},
    ]
    result = compress(messages, MODEL, trigger=1_500, target=1_500)
    markers = re.findall(r"^\[… .*\]$", result.messages[2]["content"], re.MULTILINE)
    names = [name for marker in markers for name in re.findall(r"\w+_\d+\w*", marker)]
    assert names
    assert not [name for name in names if name.startswith("n")]


def test_no_blank_line_stands_alone_between_two_markers():
    text = "\n\n\n".join(told("{t}", number) for number in range(6))
    messages = [{"role": "user", "content": f"What failed?\n\n{text}"}]
    for target in range(400, 3_000, 200):
        result = compress(messages, MODEL, trigger=target, target=target)
        assert not re.search(r"^\[… .*\]\n\s*\n\[… ", result.messages[0]["content"], re.MULTILINE)
