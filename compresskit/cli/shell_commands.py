"""The options of pipe and run. The work is in ``shell``, and ``read`` reads usual arguments without click.

click takes longer to import than Python to start, and these commands are behind every command of a shell. So click is
asked only for help, and for arguments that are wrong.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    import click

    from .outputs import Settings

DEFAULT_TOKENS = 2_000  # tokens of an output
_SHARED = {
    "--max-tokens": (int, "N", f"Tokens of the output.  [default: {DEFAULT_TOKENS}]"),
    "--query": (str, "TEXT", "What the output is needed for."),
    "--keep": (bool, "", "Keep the original; the last line says how to get it."),
    "--store": (str, "DIR", "Keep the original in this directory."),
    "--rules": (str, "FILE", "Rules for outputs: a TOML, YAML or JSON file, or a recipe."),
    "--model": (str, "NAME", "Model to count tokens for."),
    "--token-factor": (float, "F", "Tokens of the model for each counted token.  [default: 1.0]"),
}
_PIPE = {
    **_SHARED,
    "--command": (str, "TEXT", "The command that wrote the input."),
    "--path": (str, "FILE", "The file that the input is the content of."),
    "--patience": (float, "SECONDS", "Write the first part of the input after this many seconds."),
    "--exit-status": (bool, "", "Take the exit code from the end of the input, [exit N]."),
}
_RUN = {**_SHARED, "--stderr": (bool, "", "Shorten standard error together with standard output.")}
HOOK = {name: _SHARED[name] for name in ("--max-tokens", "--store", "--rules", "--model", "--token-factor")}
_OPTIONS = {"pipe": _PIPE, "run": _RUN, "hook": HOOK}
_HELP = {
    "pipe": """Shorten standard input, such as the output of a command.

    For example: some-command | compresskit pipe --max-tokens 2000. An input that fits passes byte for byte, and so does
    binary data. Otherwise failures, odd lines, totals and what the query asks for stay, and lines with … say what was
    left out.
    """,
    "run": """Run a command, and shorten what it writes.

    For example: compresskit run -- pytest -q. The exit code is the command's, 128 + N if signal N ended it. Standard
    error passes at once. SIGINT and SIGTERM are passed on to the command.
    """,
}


def read(name: str, arguments: Sequence[str]) -> dict[str, Any] | None:
    """The options and arguments of a command; None if click should read them.

    >>> read("run", ["--max-tokens=90", "--keep", "--", "ls", "-l"])
    {'max_tokens': 90, 'keep': True, 'arguments': ('ls', '-l')}
    >>> read("pipe", ["--max-tokens", "many"]), read("pipe", ["--help"])
    (None, None)
    """
    known = _OPTIONS[name]
    found: dict[str, Any] = {}
    rest = list(arguments)
    while rest and rest[0].startswith("-"):
        word = rest.pop(0)
        if word == "--":
            break
        option, equals, value = word.partition("=")
        if option not in known or (known[option][0] is bool and equals):
            return None
        kind = known[option][0]
        if kind is bool:
            found[_field(option)] = True
            continue
        if not equals:
            if not rest:
                return None
            value = rest.pop(0)
        try:
            found[_field(option)] = kind(value)
        except ValueError:
            return None
    if (name != "run") == bool(rest) or found.get("max_tokens", 1) < 1:
        return None
    return {**found, "arguments": tuple(rest)} if name == "run" else found


def perform(name: str, given: Mapping[str, Any]) -> int:
    """Does the work of pipe or run, and returns the exit code."""
    from .shell import run_command, shorten_input

    taken, settings = given.get, settings_of(given)
    if name == "run":
        return run_command(settings, given["arguments"], taken("stderr", False))
    return shorten_input(settings, taken("command"), taken("path"), taken("patience"), taken("exit_status", False))


def settings_of(given: Mapping[str, Any]) -> Settings:
    """The settings that options ask for."""
    from .outputs import Settings

    taken, store = given.get, given.get("store")
    return Settings(
        taken("max_tokens", DEFAULT_TOKENS),
        taken("query"),
        bool(store or taken("keep")),
        store,
        taken("rules", ""),
        taken("model", ""),
        taken("token_factor", 1.0),
    )


def pipe_command() -> click.Command:
    """The command pipe for click."""
    return _command("pipe")


def run_command() -> click.Command:
    """The command run for click."""
    return _command("run")


def _command(name: str) -> click.Command:
    import click

    def call(**given: Any) -> None:
        click.get_current_context().exit(perform(name, known(given)))

    parameters: list[click.Parameter] = [*_parameters(_OPTIONS[name])]
    extra: dict[str, Any] = {"help_option_names": ["-h", "--help"]}
    if name == "run":
        parameters.append(
            click.Argument(["arguments"], nargs=-1, required=True, metavar="-- COMMAND…", type=click.UNPROCESSED)
        )
        extra |= {"ignore_unknown_options": False, "allow_interspersed_args": False}
    return click.Command(name, params=parameters, callback=call, help=_HELP[name], context_settings=extra)


def known(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options that were given."""
    return {field: value for field, value in given.items() if value is not None and value is not False}


def shared_options(options: Mapping[str, Any], least_tokens: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Options of pipe and run as a decorator for a command of click."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        found: list[Any] = getattr(command, "__click_params__", [])
        vars(command)["__click_params__"] = [*found, *reversed(_parameters(options, least_tokens))]
        return command

    return add


def _parameters(options: Mapping[str, Any], least_tokens: int = 1) -> list[click.Option]:
    import click

    found = []
    for option, (kind, metavar, text) in options.items():
        typed = click.IntRange(least_tokens) if kind is int else kind
        found.append(
            click.Option([option], is_flag=True, help=text)
            if kind is bool
            else click.Option([option], type=typed, metavar=metavar, help=text)
        )
    return found


def _field(option: str) -> str:
    return option.removeprefix("--").replace("-", "_")
