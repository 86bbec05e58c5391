"""The table of the commands, the exit codes, and the run of a command.

A command of the table is imported when it runs or shows its help, so the list of all commands imports none of them.
"""

from __future__ import annotations

import contextlib
import errno
import traceback
from importlib import import_module

import click

from .. import __version__
from .output import remark
from .outputs import discard_rest

EXIT_CODES = """\b
Exit codes:
  0    done, and the target was met (or the conversation is not above the trigger)
  1    done, but the target was not met, because the protected text costs more;
       ledger: the file was changed; bench: a figure is below its threshold
  2    wrong usage, or an input that cannot be used
  3    retrieve: no such key
  4    the output could not be written
  70   a fault in compresskit itself
  130  stopped with Ctrl-C
  141  the reader of the output is gone
"""

# Each command: its module, its name there, and the first sentence of its help. A command is imported when it runs.
_COMMANDS = {
    "bench": ("bench_command", "bench_command", "Check what compression promises, and measure what it keeps."),
    "bill": ("bill_commands", "bill_command", "Replay the sessions in FILE, and print what they cost."),
    "compress": ("file_commands", "compress_command", "Compress the conversation in FILE, and write it as JSON."),
    "doctor": ("bill_commands", "doctor_command", "Say what compression would have saved in your sessions."),
    "hook": ("hook_commands", "hook", "Shorten what the tools of Claude Code and Codex return."),
    "ledger": ("ledger_commands", "ledger", "Check and sum up a ledger of what compression cost and saved."),
    "mcp": ("mcp_command", "mcp_command", "Serve tools over MCP: read, search, retrieve and run."),
    "pipe": ("shell_commands", "pipe_command", "Shorten standard input, such as the output of a command."),
    "recipes": ("recipes", "recipes", "Show rules for common kinds of conversations, and what they do."),
    "restore": ("file_commands", "restore_command", "Write the original messages of RESULT."),
    "retrieve": ("file_commands", "retrieve_command", "Write the original text behind KEY, as the model would get it."),
    "run": ("shell_commands", "run_command", "Run a command, and shorten what it writes."),
    "serve": ("serve", "serve_command", "Start a LiteLLM proxy that compresses."),
    "show": ("file_commands", "show_command", "Show what was kept of each message, and why."),
}


_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)  # a stream that takes no more


class Commands(click.Group):
    """The commands of ``_COMMANDS``."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, name, _ = _COMMANDS[cmd_name]
        found = getattr(import_module(f".{module}", __package__), name)
        command: click.Command = found if isinstance(found, click.Command) else found()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name][2]) for name in self.list_commands(ctx)])


@click.group(cls=Commands, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Bring conversations under a token target. Everything that is taken out can be retrieved again.

    FILE is JSON (a list of messages, or an object with "messages" and, if you like, "tools" and "model")
    or JSONL (one message per line, or one conversation per line), also gzipped; - is standard input. It can also be
    a session file of Claude Code or Codex, a trajectory of SWE-agent or OpenHands, or a log of requests.
    """


def run(arguments: list[str] | None = None) -> int:
    """Runs the command line, and returns an exit code for every outcome."""
    try:
        return int(cli.main(arguments, prog_name="compresskit", standalone_mode=False) or 0)
    except click.ClickException as error:
        with contextlib.suppress(OSError):
            error.show()
        return error.exit_code
    except click.Abort:
        remark("stopped")
        return 130
    except SystemExit as end:  # click itself ends with 1 if the reader of a help page is gone
        return 141 if end.code == 1 else int(end.code or 0)
    except Exception as error:  # exit code 1 has a meaning of its own
        if isinstance(error, OSError) and error.errno in _UNWRITABLE:
            discard_rest()
            remark(f"Error: cannot write {error.filename or 'standard output'}: {error.strerror}")
            return 4
        with contextlib.suppress(OSError):
            traceback.print_exc()
        return 70
