"""The work of serve: the config of a LiteLLM proxy with our callback, and the proxy as a child process.

It has no proxy of its own. The config is in a private temporary directory while the proxy runs.
"""

from __future__ import annotations

import importlib.util
import os
import shlex
import socket
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import click

from ..chat.policy import NAME
from ..integrations.litellm.settings import Settings
from ..integrations.litellm.status import PATH
from .input import InputError, library_errors
from .output import remark

PORT, HOST = 4000, "127.0.0.1"
_HANDLER = "compresskit.integrations.litellm.handler"
_MASTER = "LITELLM_MASTER_KEY"
_ALLOWED = "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY"  # LiteLLM's own switch
# What clients call a model, and what LiteLLM calls it, by the variable that holds the provider's key.
_ROUTES = {
    "ANTHROPIC_API_KEY": {"anthropic/*": "anthropic/*", "claude-*": "anthropic/claude-*"},
    "OPENAI_API_KEY": {
        "openai/*": "openai/*",
        **{name: f"openai/{name}" for name in ("gpt-*", "chatgpt-*", "codex-*", "o1*", "o3*", "o4*")},
    },
    "GEMINI_API_KEY": {"gemini/*": "gemini/*", "gemini-*": "gemini/gemini-*"},
}
_BASE_URLS = ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE", "OPENAI_BASE_URL", "OPENAI_API_BASE")
_NEEDED = ("litellm", "fastapi", "uvicorn", "yaml")  # what litellm[proxy] brings
_RUN = "from litellm.proxy.proxy_cli import run_server; run_server()"


@dataclass(frozen=True)
class Address:
    """Where the proxy listens."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address for a client on this machine."""
        host = HOST if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 - compared, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def check_installed() -> None:
    """Raises an error that names what to install if the proxy's packages are missing."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(f"serve needs LiteLLM's proxy ({', '.join(missing)} not found): pip install 'litellm[proxy]'")


def config(base: str | None, settings: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, Any]:
    """The config of the proxy.

    Args:
        base: A config of LiteLLM, whose models and settings are kept; None for routes to the providers themselves.
        settings: Settings of ours that replace those of the file.
        variables: The environment. The config names its variables, and holds no key.

    Raises:
        InputError: The file cannot be read, or a setting is wrong.
    """
    made = _read(base) if base else _default(variables)
    calls = _section(made, "litellm_settings", base)
    given = calls.get("callbacks") or []
    callbacks = [given] if isinstance(given, str) else given
    if not isinstance(callbacks, list):
        raise InputError(f"{base}: litellm_settings.callbacks is no list; names of callbacks were expected")
    calls["callbacks"] = callbacks if _HANDLER in callbacks else [_HANDLER, *callbacks]
    all_settings = _section(made, "callback_settings", base)
    own = {"store": "memory", **_section(all_settings, NAME, base), **settings}
    all_settings[NAME] = own
    with library_errors("" if base is None else f"{base}: "):
        Settings.of({name: _valued(value, variables) for name, value in own.items()}, own)
    general = _section(made, "general_settings", base)
    if not general.get("custom_auth"):
        general.setdefault("master_key", f"os.environ/{_MASTER}")
    return made


def as_yaml(made: Mapping[str, Any]) -> str:
    """A config as the text of its file."""
    import yaml

    return str(yaml.safe_dump(dict(made), sort_keys=False, allow_unicode=True))


def exports(address: Address) -> str:
    """The lines for a shell that send clients through the proxy, and the table for Codex as a comment."""
    return f"""# Claude Code with its own login or key (if only the proxy has a key: ANTHROPIC_AUTH_TOKEN=${_MASTER})
export ANTHROPIC_BASE_URL={shlex.quote(address.url)}
export ANTHROPIC_CUSTOM_HEADERS="x-litellm-api-key: Bearer ${_MASTER}"
# clients of OpenAI's APIs
export OPENAI_BASE_URL={shlex.quote(address.url + "/v1")}
export OPENAI_API_KEY="${_MASTER}"
# Codex: add this to ~/.codex/config.toml
# model_provider = "compresskit"
# [model_providers.compresskit]
# name = "compresskit"
# base_url = "{address.url}/v1"
# env_key = "{_MASTER}"
# wire_api = "responses"
"""


def check_startable(address: Address, made: Mapping[str, Any], variables: Mapping[str, str]) -> None:
    """Raises an error if the proxy has no key for its clients, or if its address is taken."""
    master = made["general_settings"].get("master_key")
    if master == f"os.environ/{_MASTER}" and not (variables.get(_MASTER) or variables.get(_ALLOWED)):
        raise InputError(
            f"{_MASTER} is not set: anyone who reaches the proxy could use your providers' keys. Set it here and for "
            f"the clients: export {_MASTER}=sk-$(openssl rand -hex 32)"
        )
    with socket.socket(socket.AF_INET6 if ":" in address.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError as error:
            raise InputError(
                f"cannot listen on {address.host}, port {address.port}: {error.strerror}. Choose another --host "
                "or --port."
            ) from error


def run(address: Address, made: Mapping[str, Any], base: str | None, more: Sequence[str]) -> int:
    """Runs the proxy until it ends, and returns its exit code: 128 + N if signal N ended it."""
    import subprocess

    from .shell import passing_signals

    with tempfile.TemporaryDirectory(prefix="compresskit-serve-") as folder:  # mode 0700
        path = os.path.join(folder, "config.yaml")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(as_yaml(made))
        arguments = ["--config", path, "--host", address.host, "--port", str(address.port), *more]
        command = [sys.executable, "-P", "-c", _RUN, *arguments]
        process = subprocess.Popen(command, env=_environment(address, base))  # noqa: S603 - our own interpreter
        with passing_signals(process):
            code = process.wait()
    return 128 - code if code < 0 else code


def _environment(address: Address, base: str | None) -> dict[str, str]:
    """The environment of the proxy: without base URLs that lead back to it, and with the modules beside its config."""
    found = {
        name: value
        for name, value in os.environ.items()
        if not (name in _BASE_URLS and value.startswith((address.url, f"http://localhost:{address.port}")))
    }
    if base:
        paths = [os.path.dirname(os.path.abspath(base)), found.get("PYTHONPATH")]
        found["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    return found


def _default(variables: Mapping[str, str]) -> dict[str, Any]:
    """A config without a file: each provider by its own names of models, with the key of its variable if it is set."""
    models = []
    for variable, names in _ROUTES.items():
        key = {"api_key": f"os.environ/{variable}"} if variables.get(variable) else {}
        for name, model in names.items():
            models.append({"model_name": name, "litellm_params": {"model": model, **key}})
    made: dict[str, Any] = {"model_list": models, "litellm_settings": {"drop_params": True}}
    if not variables.get("ANTHROPIC_API_KEY"):  # then a client's own key or login goes on to Anthropic
        made["general_settings"] = {
            "forward_client_headers_to_llm_api": True,
            "forward_llm_provider_auth_headers": True,
        }
    return made


def _read(path: str) -> dict[str, Any]:
    import yaml

    try:
        with open(path, encoding="utf-8") as file:
            found = yaml.safe_load(file)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not YAML; a config of LiteLLM was expected ({type(error).__name__})") from error
    if not isinstance(found, dict):
        raise InputError(f"{path} is no config of LiteLLM; a mapping with model_list was expected")
    return found


def _section(made: dict[str, Any], name: str, base: str | None) -> dict[str, Any]:
    """A section of the config, which is added if it is not there."""
    if made.get(name) is None:
        made[name] = {}
    if not isinstance(made[name], dict):
        raise InputError(f"{base}: {name} is no mapping; settings were expected")
    found: dict[str, Any] = made[name]
    return found


def _workers(more: Sequence[str]) -> int:
    """The workers that options of ``litellm`` ask for.

    >>> _workers(["--num_workers", "2"]), _workers(["--num_workers=3", "--debug"]), _workers([])
    (2, 3, 1)
    """
    words = [word for option in more for word in option.split("=", 1)]
    asked = [number for name, number in pairwise(words) if name == "--num_workers" and number.isdigit()]
    return int(asked[-1]) if asked else 1


def _valued(value: Any, variables: Mapping[str, str]) -> Any:
    """A setting with the value of its variable, as the proxy will read it."""
    if not isinstance(value, str) or not value.startswith("os.environ/"):
        return value
    return variables.get(value.removeprefix("os.environ/"), value)


@click.command("serve", context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--port", type=click.IntRange(1, 65_535), default=PORT, show_default=True, help="Where to listen.")
@click.option("--host", default=HOST, show_default=True, help="The address to listen on.")
@click.option("--config", "base", metavar="FILE", help="A config of LiteLLM, to which the callback is added.")
@click.option("--trigger", type=int, metavar="N", help="Compress requests with more tokens than this.")
@click.option("--target", type=int, metavar="N", help="Compress them to this number of tokens.")
@click.option("--store", metavar="STORE", help="memory, disk:DIRECTORY or a Redis URL.  [default: memory]")
@click.option("--ledger", metavar="FILE", help="Write what each call cost to this file; see `compresskit ledger page`.")
@click.option("--print-env", is_flag=True, help="Print the lines that send clients through the proxy, and stop.")
@click.option("--dry-run", is_flag=True, help="Print the proxy's config, and stop.")
@click.argument("more", nargs=-1, metavar="[-- LITELLM OPTIONS…]", type=click.UNPROCESSED)
@click.pass_context
def serve_command(
    context: click.Context,
    /,
    *,
    port: int,
    host: str,
    base: str | None,
    print_env: bool,
    dry_run: bool,
    more: tuple[str, ...],
    **given: Any,
) -> None:
    """Start a LiteLLM proxy that compresses.

    It is for Claude Code, Codex, and any client that takes a base URL. Keys come from ANTHROPIC_API_KEY, OPENAI_API_KEY
    and GEMINI_API_KEY. Clients need the value of LITELLM_MASTER_KEY. The config is in a private temporary file while
    the proxy runs. The exit code is the proxy's.
    """
    address = Address(host, port)
    if print_env:
        click.echo(exports(address), nl=False)
        return
    check_installed()
    made = config(base, {name: value for name, value in given.items() if value is not None}, os.environ)
    if dry_run:
        click.echo(as_yaml(made), nl=False)
        return
    check_startable(address, made, os.environ)
    remark(f"compresskit: clients use {address.url}; --print-env prints what they need")
    remark(f"compresskit: {address.url}{PATH} shows what was saved, to those who have the master key")
    if made["callback_settings"][NAME]["store"] == "memory" and _workers(more) > 1:
        remark("compresskit: each worker has a store of its own; --store disk:DIRECTORY or a Redis URL is shared")
    context.exit(run(address, made, base, more))
