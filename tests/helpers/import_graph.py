"""Which modules of a package import which others of it, read off their text: nothing is imported."""

import ast


def modules(package):
    """Each module's dotted name below the package, and its file; the package itself is ""."""
    for file in sorted(package.rglob("*.py")):
        parts = file.relative_to(package).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), file


def graph(package):
    """For every module the others that it imports, wherever in it."""
    known = dict(modules(package))
    return {name: set(_imports(package.name, name, file, known)) for name, file in known.items()}


def circle(graph):
    """The modules that import themselves by a detour, with those that import them; none is as it should be."""
    left = {name: found - {name} for name, found in graph.items()}
    while leaves := [name for name in left if not left[name] & set(left)]:
        for name in leaves:
            del left[name]
    return sorted(left)


def _imports(root, name, file, known):
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found = [f"{_absolute(root, node, package)}.{alias.name}" for alias in node.names]
        else:
            continue
        for dotted in found:
            if dotted.split(".")[0] == root:
                target = dotted.removeprefix(root).removeprefix(".")
                yield target if target in known else target.rpartition(".")[0]


def _absolute(root, node, package):
    if not node.level:
        return node.module
    parts = package.split(".") if package else []
    base = parts[: len(parts) - (node.level - 1)]
    return ".".join([root, *base, *([node.module] if node.module else [])])
