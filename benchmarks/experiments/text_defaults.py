"""Compare the default of `TextClassifier` with exact models and SGD on tf-idf values, on corpora that nobody tuned on.

    python -m experiments.text_defaults [--limit N] [--data FOLDER]

The corpora are made of what pip installed with the benchmarks: docstrings by package and by module, docstrings of
classes and of functions, those of one package among all, which is a rare class, and source code by package. FOLDER (or
FASTLR_DATA) adds ``arxiv.tsv.xz`` and ``reddit.tsv.xz``. No text occurs twice; four fifths of the texts, at most 500,
2,000 and N, are trained on. The others are models of words and of pairs, of which the best is known only afterwards:
`LogisticRegression` for each ``C`` of a grid, and `SGDClassifier` by default. Writes ``results/text_defaults.json``.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import random
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
from harness.corpora import add_data_option, find_corpora, read_texts
from harness.measure import save, seconds_of
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import log_loss

from fastlr import LogisticRegression, SGDClassifier, TextClassifier
from fastlr.metrics import calibration

PACKAGES = (
    *("numpy", "scipy", "sklearn", "numba", "pip", "joblib", "asyncio", "email", "unittest", "xml", "idlelib"),
    *("matplotlib", "pandas", "pyarrow", "sphinx", "babel", "docutils", "polars", "fontTools", "PIL"),
)
RARE = "email"
CS = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
LINES = 20  # of a text of source code
N_FILES = 150  # of a package, at most
N_TEST = 5000  # texts to test on, at most


def sources():
    """Yield the package, the module and the source code of each file of the packages that are installed."""
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        for folder in spec.submodule_search_locations or [] if spec else []:
            paths = sorted(Path(folder).rglob("*.py"))
            for path in random.Random(0).sample(paths, min(len(paths), N_FILES)):
                yield (
                    package,
                    ".".join([package, *path.relative_to(folder).parts[:1]]),
                    path.read_text("utf-8", "ignore"),
                )


def read_packages() -> dict[str, list[tuple[str, str]]]:
    """Return the corpora of the packages, as pairs of text and label."""
    names = "docstrings by package", "docstrings by module", "docstrings of classes", "docstrings of one package"
    corpora = {name: [] for name in (*names, "code by package")}
    for package, module, code in sources():
        lines = code.splitlines()
        for i in range(0, min(len(lines), 10 * LINES), LINES):
            corpora["code by package"].append((" ".join(lines[i : i + LINES]), package))
        try:
            nodes = list(ast.walk(ast.parse(code)))
        except SyntaxError:
            continue
        for node in nodes:
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and (text := ast.get_docstring(node)):
                corpora["docstrings by package"].append((text, package))
                corpora["docstrings by module"].append((text, module))
                corpora["docstrings of one package"].append((text, str(package == RARE)))
                corpora["docstrings of classes"].append((text, str(isinstance(node, ast.ClassDef))))
    return corpora


def split(pairs: list[tuple[str, str]], limit: int):
    """Return texts and labels to train and to test on, of classes with a hundredth of the texts or more."""
    rows = [(" ".join(text.split()), label) for text, label in dict(pairs).items() if len(text) > 20]
    counts = Counter(label for _, label in rows)
    rows = sorted(row for row in rows if 100 * counts[row[1]] >= len(rows))
    random.Random(0).shuffle(rows)
    texts, y = [text for text, _ in rows], np.array([label for _, label in rows])
    n = int(0.8 * len(texts))
    known = [i for i in range(n, min(len(texts), n + N_TEST)) if y[i] in set(y[: min(n, limit)])]
    return texts[: min(n, limit)], y[: min(n, limit)], [texts[i] for i in known], y[known]


def scores(model, X, y) -> dict[str, float]:
    p, own = model.predict_proba(X), np.searchsorted(model.classes_, y)
    correct = p.argmax(axis=1) == own
    return {
        "accuracy": float(correct.mean()),
        "log_loss": float(log_loss(own, p, labels=np.arange(p.shape[1]))),
        "calibration_error": float(calibration(p.max(axis=1), correct)["error"]),
    }


def compare(texts, y, test, y_test) -> dict:
    model = TextClassifier()
    seconds = seconds_of(partial(model.fit, texts, y))
    row = {
        "n": len(texts),
        "classes": len(model.classes_),
        "default": {**scores(model, test, y_test), "seconds": seconds},
    }
    others = {}
    for longest in (1, 2):
        vectorizer = TfidfVectorizer(ngram_range=(1, longest), sublinear_tf=longest == 2, dtype=np.float32)
        X, X_test = vectorizer.fit_transform(texts), vectorizer.transform(test)
        words = "words" if longest == 1 else "pairs"
        others[f"SGD, {words}"] = scores(SGDClassifier(random_state=0).fit(X, y), X_test, y_test)
        for C in CS:
            others[f"C={C:g}, {words}"] = scores(LogisticRegression(C=C, tol=1e-2).fit(X, y), X_test, y_test)
    best = min(others, key=lambda name: others[name]["log_loss"])
    row["others"], row["best"] = others, best
    row["ratio"] = row["default"]["log_loss"] / others[best]["log_loss"]
    row["accuracy_gain"] = row["default"]["accuracy"] - max(other["accuracy"] for other in others.values())
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add_data_option(parser)
    parser.add_argument("--limit", type=int, default=6000, help="train on at most so many texts")
    options = parser.parse_args()
    corpora = read_packages()
    for name in find_corpora(options.data):
        corpora[name] = list(zip(*read_texts(options.data, name), strict=True))
    tables = {}
    print(f"{'':34}     n  classes  accuracy (gain)  log-loss (ratio to the best other)   ECE  seconds", flush=True)
    for name, pairs in corpora.items():
        for limit in sorted({500, 2000, options.limit}):
            row = compare(*split(pairs, limit))
            tables[f"{name}, {row['n']:,} texts"] = row
            own = row["default"]
            print(
                f"{name:34}{row['n']:6,}{row['classes']:9}{own['accuracy']:10.4f} ({row['accuracy_gain']:+.4f})"
                f"{own['log_loss']:10.4f} ({row['ratio']:.3f} to {row['best']}){own['calibration_error']:8.3f}"
                f"{own['seconds']:9.2f}",
                flush=True,
            )
    save("text_defaults", {"tables": tables})


if __name__ == "__main__":
    main()
