"""The imports of the library, read from its source: a package imports those below it, and there is no cycle."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import fastlr

ROOT = Path(fastlr.__file__).parent

# From the top down, as in the documentation's page on the architecture.
PACKAGES = (
    "cli", "dask", "files", "distributed", "text", "linear_model", "training", "solvers", "objective", "store",
    "persistence", "data", "kernels", "utils",
)  # fmt: skip
ABOVE = ("plotting", "model_selection")  # which no package imports
BELOW_CLI = ("compilation",)  # which no other package imports
LEAVES = ("schedules", "metrics")  # which import no package but the helpers of the last one

KINDS = ("when imported", "when called", "for types")


def module_name(path):
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in ROOT.rglob("*.py")}


def is_for_types(node):
    return isinstance(node, ast.If) and ast.unparse(node.test).removeprefix("typing.") == "TYPE_CHECKING"


def imports_of(node, kind="when imported"):
    """Every module of the library that the source imports, and when."""
    if isinstance(node, ast.Import):
        yield from ((alias.name, kind) for alias in node.names if alias.name in FILES)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"a relative import: {ast.unparse(node)}"
        for alias in node.names if node.module in FILES else ():
            submodule = f"{node.module}.{alias.name}"
            yield (submodule if submodule in FILES else node.module), kind
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        kind = "when called"
    for child in ast.iter_child_nodes(node):
        of_body = is_for_types(node) and child in node.body
        yield from imports_of(child, "for types" if of_body else kind)


IMPORTS = {name: set(imports_of(ast.parse(path.read_text("utf-8")))) for name, path in FILES.items()}


def package_of(module):
    """The package, or the public module, right below the library; None for the library itself."""
    return module.split(".")[1] if "." in module else None


def arrows(kind):
    """Pairs of different packages of which the first imports the second, with the modules that do."""
    for module, imported in sorted(IMPORTS.items()):
        for other, when in sorted(imported):
            ends = package_of(module), package_of(other)
            if when == kind and None not in ends and ends[0] != ends[1]:
                yield *ends, f"{module} imports {other}"


def cycle_of(graph):
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        return error.args[1]
    return None


def test_every_package_has_its_place():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages == set(PACKAGES)
    others = {package_of(module) for module in FILES} - packages
    assert others <= {None, "__main__", "datasets", *ABOVE, *BELOW_CLI, *LEAVES}


@pytest.mark.parametrize("kind", KINDS)
def test_packages_import_those_below_them(kind):
    place = {name: k for k, name in enumerate((*ABOVE, "cli", *BELOW_CLI, *PACKAGES[1:-1], *LEAVES, PACKAGES[-1]))}
    assert not [said for a, b, said in arrows(kind) if a in PACKAGES and b in place and place[a] > place[b]]
    assert not [said for a, b, said in arrows(kind) if a in LEAVES and b != PACKAGES[-1]]


def test_there_is_no_cycle_of_packages():
    graph = {}
    for kind in KINDS:
        for a, b, _ in arrows(kind):
            graph.setdefault(a, set()).add(b)
    assert cycle_of(graph) is None


def test_there_is_no_cycle_of_modules():
    graph = {
        module: {other for other, when in imported if when == "when imported"} for module, imported in IMPORTS.items()
    }
    assert cycle_of(graph) is None
