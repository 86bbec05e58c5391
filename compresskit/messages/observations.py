"""Agents without tool calls: a command in the assistant's text, and its output in the next message of the user.

ReAct, SWE-agent, mini-swe-agent, OpenHands' text mode and aider work like this. Their outputs are results like those of
tools: they may be shortened, they are judged by the command that asked for them, and they are no questions of a human.

CrewAI and other ReAct agents write the output into the message of the assistant, behind "Observation:". There it is
data, and the words of the assistant around it are not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from ..types import Block, Turn
from . import weights as tuning
from .asking import is_question
from .spans import complement

TOOLS, USER, AUTO = "tools", "user", "auto"  # see the argument ``mode`` of ``link``
STATE = "environment_details"  # the call of what a program says about its state beside each message
MODES = (AUTO, USER, TOOLS)

_COMMAND_CHARACTERS = 300  # characters of a command that are kept as the call of its result
_HEAD_CHARACTERS = 400  # characters at the end of a text that are searched for a frame
_BEHIND_CHARACTERS = 40  # characters that may follow the fence or the element of a command, maximum
_PREFACE_CHARACTERS = 400  # characters above a human's words in an output of few other words, maximum
_SHELLS = frozenset({"", "bash", "sh", "shell", "console", "zsh", "cmd", "powershell", "text"})
_COMMAND_LINES = 4  # lines of a command whose outputs need no frame, maximum

# The last command of an assistant's text: a fence at its end, a ReAct action, or tags of an agent's own language.
_FENCED = re.compile(r"```([\w.+-]*)[ \t]*\n(.*?)```", re.DOTALL)
_ACTION = re.compile(r"^[ \t]*(?:\*\*)?(?:Action|ACTION)(?:\*\*)?[ \t]*[:：][ \t]*(.+)$", re.MULTILINE)
_INPUT = re.compile(r"^[ \t]*(?:\*\*)?Action Input(?:\*\*)?[ \t]*[:：][ \t]*(.+)$", re.MULTILINE | re.IGNORECASE)
_TAGGED = re.compile(
    r"<(execute_\w+|command|bash|run|tool_call|function=[\w.-]+|invoke|tool)\b[^<>]*>(.*?)(?:</|\Z)", re.DOTALL
)
# A call as an element at the end of a text: its name has the form read_file, its arguments are elements of their own.
_CLOSED = re.compile(r"</([a-z]+(?:_[a-z0-9]+)+|code)>")
_ARGUMENT = re.compile(r"<([A-Za-z]\w*)>([^<]*)</\1>")
# The beginnings and ends of outputs in any of these agents (from the prompts of the projects named above).
_OUTPUT = re.compile(
    r"\s*(?:observation\s*[:：]|\[[a-z]+(?:_[a-z0-9]+)+(?:\]| (?s:.{1,2000}?)\]) Result:|\[error\] "
    r"|<(?:returncode|output|observation|stdout|stderr|result|tool_response|function_results)>"
    r"|\[(?:the )?command |\[file: |execution result|exit ?code[ :]|command (?:output|executed|finished)|output\s*:\n"
    r"|tool (?:result|output)|result of )",
    re.IGNORECASE,
)
_PROMPT = re.compile(
    r"(?:\n\(Current directory: [^\n]*\)\n(?:\([^\n]*\)\n)?\S{0,20}\$|\[command finished with exit code -?\d+\]"
    r"|</(?:output|observation|tool_response|function_results)>|exit code: -?\d+\]?)\s*\Z",
    re.IGNORECASE,
)
# First and last characters of matches of _OUTPUT and _PROMPT, for a cheap first check.
_OUTPUT_BEGINS = frozenset("oO<[eEcCtTrR")
_PROMPT_ENDS = frozenset("$]>0123456789")
# Words of the human at the end of an output, and what the program adds about its state.
_WORDS_CHARACTERS = 8_000  # characters at the end of an output that are searched for such words
_WORDS = re.compile(
    r"^<(feedback|user_message|answer|user_feedback)>\n.*?</\1>\s*(?:<environment_details>.*)?\Z",
    re.DOTALL | re.MULTILINE,
)
_STATE = re.compile(rf"\s*<{STATE}>.*</{STATE}>\s*\Z", re.DOTALL)
# An output in a message of the assistant, up to the next step.
_OBSERVED = re.compile(
    r"^[ \t]*Observation[ \t]*[:：](.*?)(?=^[ \t]*(?:Thought|Action|Final Answer)[ \t]*[:：]|\Z)",
    re.MULTILINE | re.DOTALL,
)
# Aider puts the output of a command that its user ran into a message of this form.
_RAN = re.compile(r"\s*I ran this command:\s*(\S[^\n]*)\n")


def link(turns: Sequence[Turn], mode: str = AUTO) -> None:
    """Makes the outputs in messages of the user results: they are not human, and the command is their call.

    Args:
        turns: The conversation.
        mode: "user": every message of the user behind one of the assistant is a result. "tools": none is. "auto": the
            pattern of the conversation decides.
    """
    if mode == TOOLS:
        return
    for turn in turns:
        for block in turn.blocks if turn.human and len(turn.blocks) > 1 else ():
            if block.text.endswith((">", "\n")) and _STATE.match(block.text):
                block.call = block.call or STATE
    for turn in turns:  # what a person ran for the agent names its own command
        if turn.human and turn.blocks and (ran := _RAN.match(turn.blocks[0].text)):
            make_result(turn, _one_line(ran[1]))
        elif turn.role == "assistant" and not turn.calls:
            for block in turn.blocks:
                _mark_observed(block)
    answers = [index for index in range(1, len(turns)) if _is_pair(turns[index - 1], turns[index])]
    commands = [command_of(_text(turns[index - 1])) for index in answers]
    found = _recognised(turns, answers, commands) if mode == AUTO and answers else [True] * len(answers)
    for index, command, is_output in zip(answers, commands, found, strict=True):
        if is_output:
            make_result(turns[index], command or "output")


def words_within(text: str) -> bool:
    r"""Whether an output ends with words of the human, in tags of the agent's program.

    What is above them is short or says that they are the user's, since an output must not protect itself.

    >>> words_within("[apply_diff for 'a.py'] Result:\nThe user denied it.\n<feedback>\nUse tabs.\n</feedback>")
    True
    """
    match = _WORDS.search(text[-_WORDS_CHARACTERS:])
    if not match:
        return False
    above = text[: max(0, len(text) - _WORDS_CHARACTERS) + match.start()].strip()
    return len(above) <= _PREFACE_CHARACTERS or "user" in above.rpartition("\n")[2].lower()


def _mark_observed(block: Block) -> None:
    """Marks the long outputs in a text of the assistant as data, and its own words around them as what must stay."""
    text, least = block.text, tuning.WEIGHTS.min_data_characters
    if len(text) < least or "Observation" not in text or not _ACTION.search(text):
        return
    outputs = [match.span(1) for match in _OBSERVED.finditer(text) if len(match[1]) >= least]
    if outputs:
        block.must, block.data = tuple(complement(outputs, text)), True


def _recognised(turns: Sequence[Turn], answers: Sequence[int], commands: Sequence[str]) -> list[bool]:
    """Which messages are the output of the command in the one before, judged by the pattern of most of them."""
    tuned = tuning.WEIGHTS
    framed = [_is_framed(_text(turns[index])) for index in answers]
    if sum(framed) >= max(tuned.min_observation_pairs, tuned.min_observation_share * len(answers)):
        return [frame or bool(command) for frame, command in zip(framed, commands, strict=True)]
    plain = sum(
        bool(command) and _is_shell(_text(turns[index - 1])) and not is_question(_text(turns[index]))
        for index, command in zip(answers, commands, strict=True)
    )
    if plain > tuned.min_observation_pairs and plain >= tuned.min_bare_observation_share * len(answers):
        return list(map(bool, commands))
    return [frame and bool(command) for frame, command in zip(framed, commands, strict=True)]


def _is_shell(text: str) -> bool:
    """Whether the command with which a text ends is a short one for a shell, in the only fence of the text."""
    fences = _FENCED.findall(text)
    if len(fences) != 1:
        return False
    language, command = fences[0]
    return language.lower() in _SHELLS and command.strip().count("\n") < _COMMAND_LINES


def make_result(turn: Turn, command: str) -> None:
    """Makes the texts of a user's message the results of a command, apart from those that end with a human's words."""
    turn.human = False
    for block in turn.blocks:
        if words_within(block.text):
            turn.human = True
        else:
            block.call = block.call or command


def command_of(text: str) -> str:
    r"""The command with which an assistant's text ends, on one line; "" if there is none.

    >>> command_of("Let us look.\n```bash\ncat a.py\n```"), command_of("Action: search\nAction Input: bridges")
    ('cat a.py', 'search bridges')
    >>> command_of("It prints:\n```\n1\n```\nas you wanted it to be, from the beginning to the end.")
    ''
    """
    if "</" in text and (call := _call_at_end(text)):
        return call
    fences = list(_FENCED.finditer(text)) if "```" in text else []
    if fences and fences[-1][2].strip() and len(text) - fences[-1].end() <= _BEHIND_CHARACTERS:
        return _one_line(fences[-1][2])
    actions = list(_ACTION.finditer(text)) if "ction" in text or "CTION" in text else []
    if actions:
        given = _INPUT.search(text, actions[-1].end())
        return _one_line(actions[-1][1] + (f" {given[1]}" if given else ""))
    tagged = list(_TAGGED.finditer(text)) if "<" in text else []
    return _one_line(tagged[-1][2]) or tagged[-1][1] if tagged else ""


def _call_at_end(text: str) -> str:
    r"""The call that an assistant's text writes as an element at its end, as calls of tools are written; "" if none.

    >>> _call_at_end("First:\n<read_file>\n<path>a.py</path>\n</read_file>")
    'read_file {"path": "a.py"}'
    """
    closed = list(_CLOSED.finditer(text, max(0, len(text) - _HEAD_CHARACTERS)))
    if not closed or len(text.rstrip()) - closed[-1].end() > _BEHIND_CHARACTERS:
        return ""
    name, end = closed[-1][1], closed[-1].start()
    start = text.rfind(f"<{name}>", 0, end)
    inner = text[start + len(name) + 2 : end] if start >= 0 else ""
    arguments = {argument: value.strip()[:_COMMAND_CHARACTERS] for argument, value in _ARGUMENT.findall(inner)}
    return f"{name} {json.dumps(arguments, ensure_ascii=False)}" if arguments else _one_line(inner)


def _one_line(command: str) -> str:
    return " ".join(command.split())[:_COMMAND_CHARACTERS]


def _is_pair(before: Turn, turn: Turn) -> bool:
    """Whether a message of the user may be the output of a command in the assistant's message before it."""
    return before.role == "assistant" and not before.calls and turn.role == "user" and turn.human and not turn.answers


def _is_framed(text: str) -> bool:
    """Whether a text begins or ends as the output of a command does."""
    first = text[:1]
    if (first in _OUTPUT_BEGINS or first.isspace()) and _OUTPUT.match(text):
        return True
    end = text[-_HEAD_CHARACTERS:].rstrip()
    return end[-1:] in _PROMPT_ENDS and _PROMPT.search(end) is not None


def _text(turn: Turn) -> str:
    return turn.blocks[0].text if len(turn.blocks) == 1 else "\n".join(block.text for block in turn.blocks)
