"""Everything that takes options takes them from one table: names, defaults, errors and documentation."""

import dataclasses
import inspect
import re
from pathlib import Path

import pytest

from compresskit import Conversation, completion, compress
from compresskit.chat.conversation import ConversationOptions
from compresskit.cli.request_options import request_options
from compresskit.clients.options import Options
from compresskit.clients.options import Settings as ClientSettings
from compresskit.errors import InvalidArgument
from compresskit.integrations.litellm.settings import Settings as ProxySettings
from compresskit.options import (
    CLIENT,
    COMMANDS,
    COMPLETION,
    COMPRESS,
    CONVERSATION,
    OPTIONS,
    POSTPROCESSOR,
    PROXY,
    check_options,
    names_for,
)

DOCS = Path(__file__).parents[2] / "docs"
TAKERS = (COMPRESS, COMPLETION, CONVERSATION, CLIENT, PROXY, COMMANDS)  # the columns of the page
NAMED = re.compile(r"`(\w+)`")


def signature(function):
    found = inspect.signature(function).parameters.values()
    return {one.name: None if one.default is one.empty else one.default for one in found}


def defaults(settings):
    return {field.name: field.default for field in dataclasses.fields(settings)}


def table(taker):
    return {name: OPTIONS[name].default for name in names_for(taker)}


def plain(markdown):
    return re.sub(r"\[(.*?)\]\(.*?\)", r"\1", markdown).replace("`", "")


def rows(page, heading):
    """The rows of the tables below a heading, as cells."""
    text = (DOCS / page).read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:3] == "| `"]


def test_signatures_and_settings_have_the_names_and_defaults_of_the_table():
    assert signature(compress) == table(COMPRESS)
    assert defaults(ClientSettings) == table(CLIENT)
    assert defaults(ProxySettings) == table(PROXY) | {"store": ""}  # a text, and no object
    assert set(Options.__annotations__) == set(names_for(CLIENT))
    assert {"model", "trigger", "target", *ConversationOptions.__annotations__} == set(names_for(CONVERSATION))


def test_every_option_of_completion_is_in_its_documentation():
    documented = set(re.findall(r"``(\w+)``", completion.__doc__.split("Args:")[0])) | {"router"}
    assert set(names_for(COMPLETION)) <= documented


def test_the_command_line_has_a_flag_for_each_of_its_options():
    @request_options
    def command():
        pass

    flags = {option.name.removesuffix("_recover") for option in command.__click_params__}
    others = {"no"} | {name for name in flags if name.startswith("shrinker_")}
    assert flags - others == set(names_for(COMMANDS)) - {"recoverable"}


def test_the_page_of_options_has_the_meanings_and_who_takes_what():
    meanings = {NAMED.match(name)[1]: plain(text) for name, _, text in rows("options.md", "Arguments")}
    assert set(meanings) == set(names_for(COMPRESS)) - {"messages"}
    assert [name for name, text in meanings.items() if not text.startswith(OPTIONS[name].meaning)] == []
    expected = [
        [f"`{name}`", *("yes" if taker in option.takers else "" for taker in TAKERS)]
        for name, option in OPTIONS.items()
        if name != "messages"
    ]
    assert rows("options.md", "Who takes which option") == expected


@pytest.mark.parametrize(
    ("page", "heading", "taker"), [("clients.md", "Options", CLIENT), ("litellm-proxy.md", "Settings", PROXY)]
)
def test_a_page_names_exactly_the_options_that_are_taken(page, heading, taker):
    assert {name for first, *_ in rows(page, heading) for name in NAMED.findall(first)} == set(names_for(taker))


@pytest.mark.parametrize("taker", [*TAKERS, POSTPROCESSOR])
def test_what_is_no_option_is_an_error_with_advice(taker):
    for name in set(OPTIONS) - set(names_for(taker)):
        with pytest.raises(InvalidArgument, match=rf"^{name} is no option of .*\. [A-Z].+\."):
            check_options(taker, {name: None})
    with pytest.raises(InvalidArgument, match=r"'token_facter' is no option of .* Did you mean 'token_factor'"):
        check_options(taker, {"token_facter": 1})
    with pytest.raises(InvalidArgument) as caught:
        check_options(taker, {"Mr Smith's password": 1})
    assert "Smith" not in str(caught.value), "a name may be content"


def test_every_default_passes_its_own_check():
    for taker in (CONVERSATION, CLIENT):
        check_options(taker, table(taker) | ({"model": "gpt-4o"} if "model" in table(taker) else {}))


@pytest.mark.parametrize(
    "wrong",
    [{"embedder": object(), "embedding_model": "m"}, {"counter": 5}, {"protect": 5}, {"shrinker": 5}, {"reranker": 5}],
)
def test_a_wrong_value_is_an_error_before_the_first_request(wrong):
    with pytest.raises(InvalidArgument, match="expected"):
        ClientSettings().changed(wrong)


def test_a_conversation_refuses_what_json_cannot_hold():
    with pytest.raises(InvalidArgument, match=r"embedder is no option of a Conversation\. Name an embedding_model"):
        Conversation("gpt-4o", embedder=object())
