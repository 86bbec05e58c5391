"""What a user's type checker says: mypy --strict on a small project that has compresskit installed.

The project sees the package as an installed one, so ``py.typed`` counts. LiteLLM is a stub there with the two classes
that compresskit names, because mypy takes minutes to read all of LiteLLM; another test compares them with what really
comes back.
"""

import shutil
import subprocess
import sys
import venv

import litellm.types.utils
import pytest
from conversing import QUIET, awaited
from paths import ROOT
from protocol_server import serving
from samples import openai_agent

import compresskit

pytestmark = QUIET
STUB = """
class ModelResponse:
    choices: list[int]
    _hidden_params: dict[str, object]
class ModelResponseStream:
    choices: list[int]
"""
RESPONSE, CHUNK = "litellm.types.utils.ModelResponse", "litellm.types.utils.ModelResponseStream"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder with an environment in which compresskit and the stub are installed."""
    folder = tmp_path_factory.mktemp("project")
    venv.create(folder / "env", with_pip=False)
    [packages] = (folder / "env").glob("lib/python*/site-packages")
    shutil.copytree(ROOT / "compresskit", packages / "compresskit", ignore=shutil.ignore_patterns("__pycache__"))
    types = packages / "litellm" / "types"
    types.mkdir(parents=True)
    for file in (packages / "litellm" / "__init__.py", types / "__init__.py", packages / "litellm" / "py.typed"):
        file.touch()
    (types / "utils.py").write_text(STUB)
    return folder


def checked(project, code, *options):
    """The lines of mypy: revealed types and errors, in the order of the code."""
    (project / "app.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--python-executable", "env/bin/python", *options, "app.py"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr, done.stderr
    found = [line.split(": ", 2)[1:] for line in done.stdout.splitlines() if line.startswith("app.py")]
    return [
        text.removeprefix("Revealed type is ").strip('"') if kind == "note" else f"error: {text}"
        for kind, text in found
    ]


CALLS = """
from compresskit import acompletion, completion

def whole(messages: list[dict[str, object]], stream: bool) -> None:
    reveal_type(completion("gpt-4o", messages))
    reveal_type(completion("gpt-4o", messages, stream=False, trigger=100_000, temperature=0))
    for chunk in completion("gpt-4o", messages, stream=True):
        reveal_type(chunk)
    with completion("gpt-4o", messages, stream=True) as chunks:
        chunks.close()
    reveal_type(chunks._hidden_params["compresskit"])
    reveal_type(completion("gpt-4o", messages, stream=stream))

async def awaited(messages: list[dict[str, object]], stream: bool) -> None:
    reveal_type(await acompletion("gpt-4o", messages))
    async for chunk in await acompletion("gpt-4o", messages, stream=True):
        reveal_type(chunk)
    async with await acompletion("gpt-4o", messages, stream=True) as chunks:
        await chunks.aclose()
    reveal_type(await acompletion("gpt-4o", messages, stream=stream))
"""


def test_completion_has_the_types_of_litellm(project):
    assert checked(project, CALLS) == [
        *(RESPONSE, RESPONSE, CHUNK, "Any"),
        f"{RESPONSE} | compresskit.chat.stream.Chunks",
        *(RESPONSE, CHUNK),
        f"{RESPONSE} | compresskit.chat.stream.AsyncChunks",
    ]


def test_a_project_that_skips_litellm_can_still_tell_a_response_from_a_stream(project):
    (project / "mypy.ini").write_text("[mypy]\n[mypy-litellm.*]\nfollow_imports = skip\n")
    try:
        found = checked(project, CALLS)
    finally:
        (project / "mypy.ini").unlink()
    assert found[4] == "Any | compresskit.chat.stream.Chunks"
    assert not [line for line in found if line.startswith("error")]


def test_results_and_conversations_are_typed(project):
    code = """
from compresskit import Conversation, compress, restore

result = compress([{"role": "user", "content": "hello"}], "gpt-4o")
reveal_type(result)
reveal_type(result.cache)
reveal_type(result.skipped_reason)
reveal_type(result.decisions[0].action)
reveal_type(restore(result.messages, result.cache))
talk = Conversation("gpt-4o", trigger=1_000, offer_tool=False, protect=["system"])
reveal_type(talk.result)
reveal_type(talk.request())
reveal_type(Conversation.from_json(talk.to_json()))
Conversation("gpt-4o", offer_tools=False)
Conversation("gpt-4o", tools="search")
compress([], "gpt-4o", triger=5)
"""
    message = "dict[str, Any]"
    words = ("below_trigger", "fits_trigger", "costs_more", "no_gain", "protected")
    reasons = " | ".join([*(f"Literal['{word}']" for word in words), "None"])
    actions = ("kept", "protected", "compact", "shrunk", "excerpt", "stub", "fold")
    found = checked(project, code)
    assert found[:8] == [
        "compresskit.result.Compressed",
        "dict[str, str]",
        reasons,
        " | ".join(f"Literal['{action}']" for action in actions),
        f"list[{message}]",
        "compresskit.result.Compressed | None",
        message,
        "compresskit.chat.conversation.Conversation",
    ]
    errors = [line for line in found if line.startswith("error: ")]
    assert ["offer_tools" in errors[0], '"tools"' in errors[1], "triger" in errors[2]] == [True] * 3
    assert len(errors) == 3


@pytest.mark.parametrize("messages", [[{"role": "user", "content": "hello"}], openai_agent()], ids=["short", "long"])
def test_what_comes_back_is_what_the_types_say(messages):
    with serving(lambda _: "Hi.") as server:
        given = {"model": "openai/gpt-4o", "messages": messages, "api_base": server.url, "api_key": "none"}
        given |= {"trigger": 4000, "target": 3000}
        response = compresskit.completion(**given)
        stream = compresskit.completion(**given, stream=True)
        chunks = list(stream)
        stream.close()

        async def taken():
            stream = await compresskit.acompletion(**given, stream=True)
            chunks = [chunk async for chunk in stream]
            await stream.aclose()
            return chunks, stream

        others, awaited_stream = awaited(taken())
    assert isinstance(response, litellm.types.utils.ModelResponse)
    assert {type(chunk) for chunk in chunks + others} == {litellm.types.utils.ModelResponseStream}
    assert isinstance(stream._hidden_params, dict)
    assert isinstance(awaited_stream._hidden_params, dict)
