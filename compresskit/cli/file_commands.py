"""The commands for files: compress, show, restore, retrieve.

How files are read and written, how the library is called and how the table looks is in the modules beside it.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

import click

from ..sessions import Session
from .commands import EXIT_CODES
from .input import RESULT_FIELDS, InputError, cache_of, is_result, library_errors, read_conversations, read_results
from .kept import kept
from .output import Failure, open_output, printable, remark, to_json
from .request_options import compress_one, compress_to_show, in_target, request_options, spent
from .tables import progress

SPAN = re.compile(r"(c?\d+(-\d*)?)(,c?\d+(-\d*)?)*")  # what retrieve(lines=…) takes


class UnknownKey(Failure):
    """The key asked for is not in the cache."""

    exit_code = 3


output_option = click.option(
    "-o", "--output", metavar="FILE", help="Write to this file, in one step, so that only you can read it."
)


@click.command("compress", epilog=EXIT_CODES)
@click.argument("file")
@request_options
@output_option
@click.pass_context
def compress_command(context: click.Context, /, file: str, output: str | None, **options: Any) -> None:
    """Compress the conversation in FILE, and write it as JSON.

    The result holds the "messages" (and "tools", if any) to send, the "cache" that restores them, and the
    figures, which also go to standard error. If FILE has one conversation per line, the output has one result
    per line. The default trigger is 200,000 tokens, or the target if you only give a target. The default target
    is 70 % of the trigger. Other fields of an object pass through. A result can be compressed again.
    """
    from ..view import as_fields, headline

    import_module("..compression", __package__)  # before a file is written: an interrupted import may end the process
    given = read_conversations(file)
    results = []
    hidden = options["shrinker"] is not None  # it shows its own progress
    with open_output(output) as stream, progress(len(given), hidden=hidden or stream.isatty()) as step:
        for conversation in given:
            results.append(as_fields(compress_one(conversation, options)))
            extra = {name: value for name, value in conversation.fields.items() if name not in RESULT_FIELDS}
            whole = {**extra, **results[-1]}
            stream.write(to_json(whole, ascii_only=stream.isatty()))
            step()
    for conversation, result in zip(given, results, strict=True):
        remark(conversation.where + headline(result))
    if cost := spent(options):
        remark(cost)
    context.exit(0 if all(map(in_target, results)) else 1)


@click.command("show", epilog=EXIT_CODES)
@click.argument("file")
@request_options
@click.option("--message", type=int, metavar="N", help="Show the text of message N before and after.")
@click.option("--html", metavar="PAGE", help="Write a page with all texts to this file, and only the sums here.")
@click.pass_context
def show_command(context: click.Context, /, file: str, message: int | None, html: str | None, **options: Any) -> None:
    """Show what was kept of each message, and why.

    The message that lost most tokens comes first. FILE is a result of `compresskit compress`, or a conversation. A
    conversation is compressed first, to 40 % of its tokens if you give neither --trigger nor --target. All rows add up
    to the tokens of the request.
    """
    from ..view import page

    given = read_conversations(file)
    results = []
    with progress(len(given), hidden=options["shrinker"] is not None) as step:
        for conversation in given:
            results.append(_result_to_show(context, conversation, options))
            step()
    shown = list(zip(given, results, strict=True))
    if html is not None:
        named = [(conversation.where.removesuffix(": "), result) for conversation, result in shown]
        with open_output(html) as stream, library_errors(""):
            stream.write(page(named).encode())
    with open_output(None) as stream:
        for conversation, result in shown:
            with library_errors(conversation.where):
                stream.write(_drawn(result, conversation.where, message, sums=html is not None))
    context.exit(0 if all(map(in_target, results)) else 1)


@click.command("restore", epilog=EXIT_CODES)
@click.argument("result")
@output_option
def restore_command(result: str, output: str | None) -> None:
    """Write the original messages of RESULT.

    They are a JSON list, or one list per line if RESULT has several results.
    """
    from .. import restore

    found = read_results(result)
    with open_output(output) as stream:
        for one in found:
            with library_errors(one.where):
                messages = restore(one.messages, cache_of(one))
            stream.write(to_json(messages, ascii_only=stream.isatty()))


def _checked_span(span: str) -> str:
    if not SPAN.fullmatch(span):
        raise click.BadParameter(f"{span!r} is not a range; write 13, 13-57, 13- or c500-900, with commas between")
    return span


@click.command("retrieve", epilog=EXIT_CODES)
@click.argument("given", nargs=-1, required=True, metavar="[RESULT] KEY")
@click.option(
    "--lines",
    metavar="RANGE",
    type=_checked_span,
    help="Only lines 13, 13-57 or 13-, or characters c500-900.",
)
@click.option("--query", help="Only the passages that match these words.")
@click.option("--head", type=int, metavar="N", help="Only the first N lines.")
@click.option("--tail", type=int, metavar="N", help="Only the last N lines.")
@click.option("--max-tokens", type=int, default=4000, show_default=True, help="At most this many tokens, 60 or more.")
@click.option("--all", "everything", is_flag=True, help="All of it, byte for byte.")
@click.option("--store", metavar="DIR", help="The directory of kept outputs, if it is not your own store.")
def retrieve_command(given: tuple[str, ...], everything: bool, store: str | None, **options: Any) -> None:
    """Write the original text behind KEY, as the model would get it.

    The markers show the keys. RESULT is a file that `compresskit compress` wrote. Without it, KEY is of an output that
    `pipe`, `run` or a hook kept in your store. Give at most one of --lines, --query and --head/--tail.
    """
    from .. import retrieve
    from ..retrieval import whole_of

    ways = [options["lines"], options["query"], options["head"] or options["tail"], everything or None]
    if sum(way is not None for way in ways) > 1:
        raise click.UsageError("--lines, --query, --head/--tail and --all exclude each other: give one of them")
    if len(given) > 2 or (len(given) == 2 and store is not None):
        raise click.UsageError("give one KEY, behind a RESULT or alone; --store is for a KEY alone")
    *results, key = given
    cache = {name: text for path in results for one in read_results(path) for name, text in cache_of(one).items()}
    if not results and (data := kept(key, store)) is not None:
        cache = {key: data.decode("utf-8", "surrogateescape")}
    with library_errors(""):
        text = whole_of(cache, key) if everything and key in cache else retrieve(cache, key, **options)
    if key not in cache:
        raise UnknownKey(text)
    with open_output(None) as stream:
        if stream.isatty():
            text = printable(text, keep="\n\t") + "\n"
        stream.write(text.encode("utf-8", "backslashreplace" if results else "surrogateescape"))


def _drawn(result: dict[str, Any], where: str, message: int | None, sums: bool) -> bytes:
    """The output for the terminal: a message, the sums alone, or the whole table."""
    from ..view import headline
    from .show import render, render_message

    if message is not None:
        return render_message(result, message, where)
    return (printable(where) + headline(result) + "\n").encode() if sums else render(result, where)


def _result_to_show(context: click.Context, given: Session, options: dict[str, Any]) -> dict[str, Any]:
    """The file's own result, or one made on the spot."""
    if not is_result(given):
        from ..view import as_fields

        return as_fields(compress_to_show(given, options))
    for name in options:  # --message and --html are none of them
        if context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT:
            raise InputError(f"{given.where}already a result; options are for a conversation, leave them out")
    return dict(given.fields)
