"""Draw which package of fastlr imports which, read from the source."""

import ast
from collections import Counter
from pathlib import Path

from matplotlib import pyplot as plt

import fastlr

ROOT = Path(fastlr.__file__).parent
# From the command line down to the helpers: a package imports only from later ones.
ORDER = ["cli", "files", "text", "linear_model", "training", "solvers", "objective"]
ORDER += ["store", "persistence", "data", "kernels", "utils"]


def imported_packages(path: Path) -> set[str]:
    """Return the packages that a module imports from, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            "fastlr"
        ):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {name.split(".")[1] for name in names}
    return found


counts = Counter()
for package in ORDER:
    for path in (ROOT / package).rglob("*.py"):
        if not path.name.startswith("kernels_"):  # joined by the build
            counts.update(
                (package, other)
                for other in imported_packages(path) - {package}
                if other in ORDER
            )

figure, axis = plt.subplots(figsize=(4.8, 4.6))
for (package, other), n in counts.items():
    x, y = ORDER.index(other), ORDER.index(package)
    colour = "C0" if x > y else "C1"
    axis.scatter(x, y, s=40 + 14 * n, color=colour, alpha=0.25, linewidth=0)
    axis.annotate(str(n), (x, y), ha="center", va="center", fontsize=8)
axis.plot(
    [-0.5, len(ORDER) - 0.5],
    [-0.5, len(ORDER) - 0.5],
    color="0.8",
    linewidth=1,
    zorder=0,
)
axis.set_xticks(range(len(ORDER)), ORDER, rotation=90)
axis.set_yticks(range(len(ORDER)), ORDER)
axis.set(xlabel="imported package", ylabel="importing package")
axis.set_xlim(-0.5, len(ORDER) - 0.5)
axis.set_ylim(len(ORDER) - 0.5, -0.5)
axis.set_title("modules that import from a package")
