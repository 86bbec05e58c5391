"""Importing is cheap, imports go one way, and the public names are pinned."""

import ast
import subprocess
import sys
from pathlib import Path

import compresskit

PACKAGE = Path(compresskit.__file__).parent
PUBLIC = {
    "TOOL_NAME", "Compressed", "CompresskitError", "Conversation", "Counter", "Decision", "Embedder", "EmbedderFailed",
    "InvalidArgument", "InvalidMessages", "LiteLLMEmbedder", "StaticEmbedder", "Store", "StoreError",
    "acompletion", "answer", "completion", "compress", "restore", "retrieve",
}  # fmt: skip
HEAVY = {
    "litellm",
    "torch",
    "openai",
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
    {"errors", "types", "_json", "_lazy"},
    {"content", "prices", "result", "tokens", "stores"},
    {"messages", "options"},
    {"responses", "relevance", "markers"},
    {"embedders", "ledger", "retrieval", "shrink"},
    {"plan"},
    {"turns"},
    {"request"},
    {"compression"},
    {"chat"},
    {"integrations", ""},
    {"cli"},
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
    assert {"litellm", "torch", "openai", "anthropic", "click", "rich"}.isdisjoint(loaded)


def test_importing_takes_less_than_50_ms():
    """The best of seven: what the import costs, not what the machine is busy with."""
    code = "import time; t = time.perf_counter(); import compresskit; print((time.perf_counter() - t) * 1000)"
    python(code)  # writes the byte code
    assert min(float(python(code)[0]) for _ in range(7)) < 50


def modules():
    """Each module's dotted name below the package, and its file."""
    for file in sorted(PACKAGE.rglob("*.py")):
        parts = file.relative_to(PACKAGE).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), file


def imports(name, file):
    """The modules of the package that a module imports, wherever in it."""
    known = dict(modules())
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found = [_absolute(node, package) + "." + alias.name for alias in node.names]
        else:
            continue
        for dotted in found:
            if dotted.split(".")[0] == "compresskit":
                target = dotted.removeprefix("compresskit").removeprefix(".")
                yield target if target in known else target.rpartition(".")[0]


def _absolute(node, package):
    if not node.level:
        return node.module
    parts = package.split(".") if package else []
    base = parts[: len(parts) - (node.level - 1)]
    return ".".join(["compresskit", *base, *([node.module] if node.module else [])])


def layer(name):
    """The line of a module's package; every package has one."""
    return next(number for number, line in enumerate(LAYERS) if name.split(".")[0] in line)


def test_imports_go_one_way():
    graph = {name: set(imports(name, file)) for name, file in modules()}
    assert any(graph.values()), "the walk finds imports at all"
    upward = [f"{name} imports {found}" for name in graph for found in graph[name] if layer(found) > layer(name)]
    assert upward == []


def test_no_module_imports_itself_by_a_detour():
    graph = {name: set(imports(name, file)) - {name} for name, file in modules()}
    while graph:
        leaves = [name for name in graph if not graph[name] & set(graph)]
        assert leaves, f"a circle among {sorted(graph)}"
        for name in leaves:
            del graph[name]


def test_stages_do_not_know_the_shape_of_a_message():
    """Only the readers and writers of a shape may name the fields that differ between shapes."""
    fields = {"tool_calls", "tool_use", "tool_result", "tool_use_id", "tool_call_id"}
    shapes = {"messages", "responses", "retrieval", "integrations", "chat", "cli"}
    for name, file in modules():
        if name.split(".")[0] not in shapes:
            constants = {
                node.value for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Constant)
            }
            assert fields.isdisjoint(constants), name
