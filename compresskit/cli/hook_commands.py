"""compresskit hook: puts hooks into the settings of Claude Code and Codex, takes them out, and answers their events."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from typing import Any, NamedTuple

import click

from ..stores.private import folder_of_user
from . import settings_file
from .hook_events import answer_event
from .input import InputError
from .kept import MAX_DAYS, directories, program
from .request_options import rules_of
from .shell_commands import HOOK, known, settings_of, shared_options

_TIMEOUT_SECONDS = 30  # after which a client goes on without an answer
_MIN_TOKENS = 100  # tokens of a result, minimum


class Client(NamedTuple):
    """An agent that has hooks.

    Attributes:
        name: Its name on the command line.
        title: Its name for readers.
        event: The event that is answered.
        tools: The pattern of the tools whose events are answered.
        home: The variable that names its directory, and the directory in the user's home and in a project.
        file: The name of its settings file.
        hint: What the user has to do after an installation.
    """

    name: str
    title: str
    event: str
    tools: str
    home: tuple[str, str]
    file: str
    hint: str

    def path(self, project: bool) -> Path:
        """Its settings file."""
        variable, directory = self.home
        folder = Path.cwd() / directory if project else folder_of_user(directory, variable)
        if folder is None:
            raise InputError(f"this user has no home folder; set {variable} or HOME")
        return folder / self.file

    def is_mine(self, entry: Any) -> bool:
        """Whether an entry is one that this module made."""
        hooks = entry.get("hooks") if isinstance(entry, dict) else None
        return isinstance(hooks, list) and any(
            isinstance(hook, dict)
            and f"hook {self.name} run" in str(hook.get("command"))
            and "compresskit" in str(hook)
            for hook in hooks
        )


CLIENTS = {
    "claude": Client(
        "claude", "Claude Code", "PostToolUse", "Bash|Grep|WebFetch|mcp__.*", ("CLAUDE_CONFIG_DIR", ".claude"),
        "settings.json", "It works from the next session on.",
    ),
    "codex": Client(
        "codex", "Codex", "PreToolUse", "^Bash$", ("CODEX_HOME", ".codex"),
        "hooks.json", "Codex runs a new hook only after you have trusted it: type /hooks there.",
    ),
}  # fmt: skip


@click.group("hook")
def hook() -> None:
    """Shorten what the tools of Claude Code and Codex return.

    Originals are kept in your own store, and the last line of a shortened output says how the agent gets it back.
    """


def _checked_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise click.BadParameter(f"{pattern!r} is no pattern of names: {error}") from None
    return pattern


def _for_client(client: Client) -> click.Group:
    group = click.Group(client.name, help=f"The hook of {client.title}.")
    project = click.option("--project", is_flag=True, help="The settings of the project in this folder, not your own.")
    sure = click.option("--yes", is_flag=True, help="Make the change without asking.")
    dry = click.option("--dry-run", is_flag=True, help="Show the change only.")

    @group.command("install")
    @project
    @sure
    @dry
    @shared_options(HOOK, least_tokens=_MIN_TOKENS)
    @click.option(
        "--tools",
        default=client.tools,
        type=_checked_pattern,
        metavar="TEXT",
        show_default=True,
        help="The tools whose results are shortened.",
    )
    def install(project: bool, yes: bool, dry_run: bool, tools: str, **given: Any) -> None:
        """Put the hook into the settings. The change is shown first."""
        path = client.path(project)
        before = settings_file.read(path)
        settings = settings_of(known(given))
        if settings.rules:
            rules_of(settings.rules)  # a wrong rule is an error now, and not a note at every command
            if os.path.exists(settings.rules):
                settings.rules = os.path.abspath(settings.rules)
        words = ["hook", client.name, "run", *settings.flags()]
        entry = {
            "matcher": tools,
            "hooks": [{"type": "command", "command": f"{program()} {shlex.join(words)}", "timeout": _TIMEOUT_SECONDS}],
        }
        if settings_file.installed(before, client.event, client.is_mine) == entry:
            click.echo(f"The hook is installed already, in {path}.")
            return
        cleared = settings_file.without(before, client.event, client.is_mine) or ""
        after = settings_file.with_entry(cleared, client.event, entry)
        if _change(path, before, after, yes, dry_run):
            click.echo(f"The hook is installed in {path}. {client.hint}")

    @group.command("uninstall")
    @project
    @sure
    @dry
    def uninstall(project: bool, yes: bool, dry_run: bool) -> None:
        """Take the hook out of the settings. Everything else stays as it is."""
        path = client.path(project)
        before = settings_file.read(path)
        after = settings_file.without(before, client.event, client.is_mine)
        if after == before:
            click.echo(f"There is no hook of compresskit in {path}.")
        elif _change(path, before, after, yes, dry_run):
            click.echo(f"The hook is gone from {path}.")

    @group.command("status")
    def status() -> None:
        """Say where the hook is installed, and where originals are kept."""
        for project in (False, True):
            path = client.path(project)
            found = settings_file.installed(settings_file.read(path), client.event, client.is_mine)
            said = "not installed" if found is None else f"installed for {found.get('matcher')}: {_command_of(found)}"
            click.echo(f"{path}: {said}")
        click.echo(f"Originals are kept in {directories()[0]} for {MAX_DAYS} days.")

    @group.command("run")
    @shared_options(HOOK, least_tokens=_MIN_TOKENS)
    def run(**given: Any) -> None:
        """Answer an event on standard input. The client calls this."""
        answer_event(client.name, settings_of({**known(given), "keep": True}))

    return group


def _change(path: Path, before: str, after: str | None, yes: bool, dry_run: bool) -> bool:
    """Shows a change, asks, and makes it."""
    settings_file.show_change(path, before, after)
    if dry_run:
        return False
    if not yes and not sys.stdin.isatty():
        raise settings_file.SettingsError(f"nothing is changed in {path}: add --yes to make this change")
    if not yes and not click.confirm(f"Change {path}?"):
        return False
    settings_file.write(path, after)
    return True


def _command_of(entry: dict[str, Any]) -> str:
    return ", ".join(str(one.get("command")) for one in entry["hooks"])


for _client in CLIENTS.values():
    hook.add_command(_for_client(_client))
