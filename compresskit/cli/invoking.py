"""Runs a command of click, and makes an exit code of whatever happens."""

from __future__ import annotations

import traceback

import click


def invoke(command: click.Command, arguments: list[str] | None = None) -> int:
    """Runs a command of click and returns its exit code."""
    try:
        return int(command.main(arguments, prog_name="compresskit", standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("stopped", err=True)
        return 130
    except Exception:  # exit code 1 has a meaning of its own
        traceback.print_exc()
        return 70
