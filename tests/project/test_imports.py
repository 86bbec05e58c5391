"""Importing is cheap, imports go one way, and the public names are pinned."""

import ast
import subprocess
import sys
from pathlib import Path

from import_graph import circle, graph, modules

import compresskit

PACKAGE = Path(compresskit.__file__).parent
PUBLIC = {
    "TOOL_NAME", "About", "After", "Before", "Compressed", "CompresskitError", "Conversation", "Counter",
    "CrossEncoder", "Decision", "Embedder", "EmbedderFailed", "HookFailed", "InvalidArgument", "InvalidMessages",
    "LiteLLMEmbedder", "LiteLLMReranker", "Reranker", "RerankerFailed", "Shortened", "StaticEmbedder", "Store",
    "StoreError", "ToolDecision", "acompletion", "answer", "completion", "compress", "own_calls", "restore", "retrieve",
    "shorten",
}  # fmt: skip
HEAVY = {
    "litellm",
    "torch",
    "openai",
    "opentelemetry",
    "anthropic",
    "tiktoken",
    "numpy",
    "rank_bm25",
    "click",
    "rich",
    "pydantic",
    "tokenizers",
    "safetensors",
    "wordllama",
}
# Lowest first: a package imports from its own line and those above it. What is not listed fails.
LAYERS = [
    {"errors", "types", "_json", "_lazy", "_observer", "_recent", "_weights"},
    {"content", "prices", "result", "tokens", "stores"},
    {"hooks", "messages", "options", "rules"},
    {"responses", "relevance", "markers", "sessions", "telemetry"},
    {"embedders", "ledger", "retrieval", "shrink", "tool_definitions", "view"},
    {"plan"},
    {"turns"},
    {"request", "shortening"},
    {"compaction"},
    {"compression"},
    {"bill", "chat"},
    {"bench"},
    {"integrations", "clients", "mcp", ""},
    {"cli", "__main__"},
]


def python(code):
    done = subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_public_names_are_pinned():
    assert set(compresskit.__all__) == PUBLIC
    assert len(compresskit.__all__) == len(PUBLIC)
    assert all(hasattr(compresskit, name) for name in PUBLIC)


def test_importing_loads_nothing_heavy():
    assert HEAVY.isdisjoint(python("import compresskit, sys; print(*sys.modules)"))


def test_compressing_loads_no_litellm_and_no_sdk():
    call = "compresskit.compress([{'role': 'user', 'content': 'hi'}], 'gpt-4o')"
    loaded = python(f"import compresskit, sys; {call}; print(*sys.modules)")
    assert {"litellm", "torch", "openai", "anthropic", "opentelemetry", "click", "rich"}.isdisjoint(loaded)


def test_importing_takes_less_than_50_ms():
    """The best of seven: what the import costs, not what the machine is busy with."""
    code = "import time; t = time.perf_counter(); import compresskit; print((time.perf_counter() - t) * 1000)"
    python(code)  # writes the byte code
    assert min(float(python(code)[0]) for _ in range(7)) < 50


def layer(name):
    """The line of a module's package; every package has one."""
    return next(number for number, line in enumerate(LAYERS) if name.split(".")[0] in line)


def test_imports_go_one_way():
    found = graph(PACKAGE)
    assert any(found.values()), "the walk finds imports at all"
    upward = [f"{name} imports {one}" for name in found for one in found[name] if layer(one) > layer(name)]
    assert upward == []


def test_no_module_imports_itself_by_a_detour():
    assert circle(graph(PACKAGE)) == []


def test_stages_do_not_know_the_shape_of_a_message():
    """Only the readers and writers of a shape may name the fields that differ between shapes."""
    fields = {"tool_calls", "tool_use", "tool_result", "tool_use_id", "tool_call_id"}
    shapes = {"messages", "responses", "retrieval", "integrations", "chat", "cli", "sessions", "bill", "bench"}
    for name, file in modules(PACKAGE):
        if name.split(".")[0] not in shapes:
            constants = {
                node.value for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Constant)
            }
            assert fields.isdisjoint(constants), name
