"""Nothing that decides a result is computed in an order, or by formulas, that depend on the machine.

The order of NumPy's sums depends on its build and the processor, that of BLAS on the number of threads too, and
exponentials, logarithms and powers are those of a C library. So the source of everything that takes part in training
and predicting may use `fastlr.utils.sums` and `fastlr.utils.elementary` instead, and what follows only as listed here.
"""

import ast
from pathlib import Path

import pytest

import fastlr

ROOT = Path(fastlr.__file__).parent

DECIDING = ("data", "distributed", "linear_model", "metrics", "model_selection", "objective", "schedules", "solvers",
            "store", "text", "training", "utils")  # fmt: skip

# Of NumPy or of an array. Additions and products of two arrays entry by entry, cumsum and bincount have one result.
REDUCTIONS = {
    "average", "convolve", "corrcoef", "cov", "dot", "einsum", "inner", "linalg", "matmul", "mean", "nanmean", "nansum",
    "prod", "reduce", "reduceat", "std", "sum", "sum_duplicates", "tensordot", "trace", "var", "vdot",
}  # fmt: skip
# Of NumPy or of math.
FUNCTIONS = {
    "cbrt", "cos", "cumprod", "exp", "exp2", "expm1", "float_power", "geomspace", "hypot", "interp", "log", "log10",
    "log1p", "log2", "logaddexp", "logspace", "median", "percentile", "pow", "power", "quantile", "sin", "tan", "tanh",
}  # fmt: skip
# Of a random generator: their last digits depend on the C library, or on whether the compiler fuses operations.
DRAWS = {"beta", "exponential", "gamma", "lognormal", "normal", "standard_normal", "uniform"}
MODULES = ("scipy.linalg", "scipy.optimize", "scipy.sparse.linalg", "scipy.special", "scipy.stats")

# What may stay, and why: by module, and the construct as the message of the test names it.
ALLOWED = {
    ("solvers.stochastic.reference", ""): "the reference, which shares no code with the kernels",
    ("text.reference", ""): "the reference, which shares no code with the kernels",
    ("solvers.exact.lbfgs", "scipy.optimize"): "SciPy's L-BFGS",
    ("solvers.stochastic.adaptive", "sum_duplicates"): "only its columns are used",
    ("solvers.stochastic.hogwild", "sum"): "what the threads do depends on their scheduling",
    ("solvers.stochastic.hogwild", "reduceat"): "what the threads do depends on their scheduling",
    ("objective.full_batch", "dot"): "the kernel",
    ("objective.functions", "@"): "states the objective for users and tests; no training calls it",
    ("text.hasher", "argsort"): "no two keys are equal",
    ("data.row_buffer", "sum"): "integers",
    ("distributed.channel", "sum"): "integers",
    ("distributed.local_processes", "sum"): "integers",
    ("distributed.texts", "sum"): "integers",
    ("model_selection", "sum"): "integers",
    ("store.problem", "sum"): "integers",
    ("store.shard", "sum"): "integers",
    ("store.store", "sum"): "integers",
    ("text.corpus", "sum"): "integers",
}  # fmt: skip


def module_name(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


FILES = {
    module_name(path): path
    for path in sorted(ROOT.rglob("*.py"))
    if path.relative_to(ROOT).parts[0].removesuffix(".py") in DECIDING
}


def is_integer(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, int)


def suspects(tree):
    """Yield the name and the line of everything that may depend on the machine."""
    integers = {
        call.args[0]
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "int" and call.args
    }  # sums of integers are exact
    for node in ast.walk(tree):
        name = None
        match node:
            case ast.BinOp(op=ast.MatMult()) | ast.AugAssign(op=ast.MatMult()):
                name = "@"
            case ast.BinOp(op=ast.Pow(), left=left) if not is_integer(left):
                name = "**"
            case ast.ImportFrom(module="math", names=names) if FUNCTIONS & {alias.name for alias in names}:
                name = "math"
            case ast.Import(names=names):
                name = next((alias.name for alias in names if alias.name in MODULES), None)
            case ast.ImportFrom(module=module) if module in MODULES:
                name = module
            case ast.Call(func=ast.Name(id="sum")):
                name = "sum"
            case ast.Call(func=ast.Attribute(attr="argsort" | "argpartition" as attr), keywords=keywords):
                stable = {k.arg: getattr(k.value, "value", None) for k in keywords}.get("kind") == "stable"
                name = None if stable else attr
            case ast.Attribute(value=ast.Name(id="np" | "numpy"), attr=attr) if attr in REDUCTIONS - {"prod", "reduce"}:
                name = attr
            case ast.Call(func=ast.Attribute(attr=attr)) if attr in REDUCTIONS | DRAWS and node not in integers:
                name = attr
            case ast.Attribute(value=ast.Name(id="np" | "numpy" | "math"), attr=attr) if attr in FUNCTIONS | {"linalg"}:
                name = attr
        if name is not None:
            yield name, node.lineno


@pytest.mark.parametrize("module", FILES)
def test_nothing_depends_on_the_machine(module):
    found = [
        f"{module}, line {line}: {name}"
        for name, line in suspects(ast.parse(FILES[module].read_text("utf-8")))
        if (module, name) not in ALLOWED and (module, "") not in ALLOWED
    ]
    assert not found


def test_every_exception_is_needed():
    for module, name in ALLOWED:
        names = {name for name, _ in suspects(ast.parse(FILES[module].read_text("utf-8")))}
        assert name in names if name else names


@pytest.mark.parametrize(
    "source",
    [
        "x @ y", "x @= y", "x ** 0.5", "x.sum()", "np.sum(x)", "x.mean(axis=0)", "np.linalg.norm(x)", "map(np.sum, x)",
        "np.add.reduce(x)", "np.exp(x)", "map(np.log, x)", "math.log(x)", "from math import log", "sum(x)",
        "from scipy.special import expit", "np.argsort(x)", "x.argsort(kind='quicksort')", "rng.normal(size=3)",
        "float(x.sum())", "np.einsum('ik->i', x)", "x.dot(y)", "import scipy.special",
    ],
)  # fmt: skip
def test_what_depends_on_the_machine_is_found(source):
    assert list(suspects(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        "x * y + z", "2**31", "int(x.sum())", "np.sqrt(x)", "np.cumsum(x)", "np.bincount(x, weights=y)", "math.sqrt(x)",
        "sum_of(x)", "exp(x)", "np.argsort(x, kind='stable')", "from math import sqrt", "rng.random(3)", "x.max()",
    ],
)  # fmt: skip
def test_what_has_one_result_is_not(source):
    assert not list(suspects(ast.parse(source)))
