"""The demo: find the package that a docstring is from. Docstrings are the one text that every machine here has."""

from __future__ import annotations

import ast
import gc
import os
import random
import re
import sys
import textwrap
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from tqdm import tqdm

from fastlr import __version__
from fastlr.kernels.backend import resolve_backend
from fastlr.linear_model.sgd_classifier import SGDClassifier

# Tests hold little prose, and what is vendored was written by others.
SKIPPED_FOLDERS = {"test", "tests", "_vendor", "vendor", "externals"}
MAX_BYTES = 1_000_000  # of a file: larger ones are generated tables
MAX_FILES = 1000  # of a package
MAX_DOCUMENTS = 1000  # of a package
MIN_WORDS = 10  # of a document
ENOUGH = (300, 50)  # documents that make a package a class: the second if the first leaves fewer than two classes
MAX_CLASSES = 12
MAX_PACKAGES = 2 * MAX_CLASSES  # to read: some of the largest hold few docstrings
MULTIPLES = (0.1, 10.0)  # of the automatic alpha, to choose from

DOCTEST_LINE = re.compile(r"^\s*(>>>|\.\.\.).*$", re.MULTILINE)

Part = tuple[Any, np.ndarray]  # rows and labels of the training, validation or test part


class Candidate(NamedTuple):
    """A trained model, the seconds that it took, and its log-loss on the validation part."""

    model: SGDClassifier
    seconds: float
    loss: float


def read_docstrings(path: str | Path) -> list[str]:
    """Return the prose of the docstrings in a Python file, which is parsed but not run.

    Parameters
    ----------
    path : str or Path
        A file; one that cannot be read or parsed holds no docstrings.

    Returns
    -------
    list of str
        Docstrings of the module and of its classes and functions, of ``MIN_WORDS`` words or more once their doctests,
        which tend to name the package, are gone.
    """
    gc.disable()  # its search for cycles, of which a tree has none, would be a third of the time
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about invalid escapes, in code that is not ours
            tree = ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    finally:
        gc.enable()
    texts = (DOCTEST_LINE.sub("", text) for text in _docstrings(tree))
    return [text for text in texts if len(text.split()) >= MIN_WORDS]


def _docstrings(tree: ast.Module) -> Iterator[str]:
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield ast.get_docstring(node) or ""
        # ast.walk would also go through the expressions, which are most of a tree.
        pending += [child for child in ast.iter_child_nodes(node) if isinstance(child, (ast.stmt, ast.excepthandler))]


def site_folders() -> list[str]:
    """Return the folders that packages are installed in."""
    return [folder for folder in sys.path if Path(folder).name in ("site-packages", "dist-packages")]


def find_packages(sites: Sequence[str | Path]) -> dict[str, list[str]]:
    """Return the largest packages under ``sites``, and files of each, in an order that is random but fixed."""
    packages: dict[str, dict[str, int]] = {}
    for site in sites:
        found: dict[str, dict[str, int]] = {}
        for folder, subfolders, names in os.walk(site):
            subfolders[:] = [name for name in subfolders if name not in SKIPPED_FOLDERS]
            for package in Path(folder).relative_to(site).parts[:1]:
                found.setdefault(package, {}).update(_sizes(folder, names))
        packages = found | packages  # of two with the same name, the first is the one that Python imports
    chosen = {}
    for package in sorted(packages, key=lambda name: (-sum(packages[name].values()), name))[:MAX_PACKAGES]:
        files = sorted(packages[package])
        random.Random(0).shuffle(files)
        chosen[package] = files[:MAX_FILES]
    return chosen


def _sizes(folder: str, names: Sequence[str]) -> Iterator[tuple[str, int]]:
    for path in (os.path.join(folder, name) for name in names if name.endswith(".py")):
        # A pipe of that name could be read for ever.
        if os.path.isfile(path) and (size := os.path.getsize(path)) <= MAX_BYTES:
            yield path, size


def read_packages(packages: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the documents of each package, without those that several packages have in common."""
    documents: dict[str, list[str]] = {}
    n_files = sum(map(len, packages.values()))
    with tqdm(total=n_files, desc="Reading docstrings", unit=" files", disable=None) as bar:
        for package, files in packages.items():
            texts: dict[str, None] = {}
            for path in files:
                if len(texts) < MAX_DOCUMENTS:
                    texts.update(dict.fromkeys(read_docstrings(path)))
                bar.update()
            documents[package] = list(texts)[:MAX_DOCUMENTS]
    n_packages = Counter(text for texts in documents.values() for text in texts)
    return {package: [text for text in texts if n_packages[text] == 1] for package, texts in documents.items()}


def choose_classes(documents: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the packages with enough documents, at most ``MAX_CLASSES``; refuse fewer than two."""
    largest = sorted(documents, key=lambda package: (-len(documents[package]), package))[:MAX_CLASSES]
    for enough in ENOUGH:
        classes = {package: documents[package] for package in largest if len(documents[package]) >= enough}
        if len(classes) > 1:
            return classes
    raise click.ClickException(
        f"The demo needs two installed packages with {ENOUGH[-1]} docstrings or more; there are {len(classes)} under "
        f"{', '.join(site_folders()) or 'sys.path'}."
    )


def split(classes: Mapping[str, Sequence[str]], seed: int) -> tuple[TfidfVectorizer, list[Part]]:
    """Return the vectorizer, fitted on the training part alone, and the training, validation and test parts."""
    texts = [text for texts in classes.values() for text in texts]
    y = np.repeat(list(classes), [len(texts) for texts in classes.values()])
    train, rest, y_train, y_rest = train_test_split(texts, y, test_size=0.2, stratify=y, random_state=seed)
    valid, test, y_valid, y_test = train_test_split(rest, y_rest, test_size=0.5, stratify=y_rest, random_state=seed)
    vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=2).fit(train)
    parts = ((train, y_train), (valid, y_valid), (test, y_test))
    return vectorizer, [(vectorizer.transform(texts), y) for texts, y in parts]


def warm_up(train: Part, backend: str) -> float:
    """Run the kernels on a row of each class, so that the clock sees none compiled; return the seconds taken."""
    X, y = train
    start = time.perf_counter()
    rows = np.unique(y, return_index=True)[1]
    SGDClassifier(max_iter=1, backend=backend).fit(X[rows], y[rows]).predict_proba(X[rows])
    return time.perf_counter() - start


def fit_candidates(train: Part, validation: Part, seed: int, backend: str) -> list[Candidate]:
    """Train with the automatic ``alpha`` and with ``MULTIPLES`` of it."""
    X, y = validation

    def fit(alpha: float | str) -> Candidate:
        model = SGDClassifier(alpha=alpha, random_state=seed, backend=backend, verbose=int(sys.stderr.isatty()))
        start = time.perf_counter()
        model.fit(*train)
        return Candidate(model, time.perf_counter() - start, log_loss(y, model.predict_proba(X)))

    automatic = fit("auto")
    return [automatic, *(fit(multiple * automatic.model.alpha_) for multiple in MULTIPLES)]


def top_words(model: SGDClassifier, vectorizer: TfidfVectorizer, n: int = 5) -> list[list[str]]:
    """Return the words with the largest weights for each class."""
    weights = model.coef_ if len(model.classes_) > 2 else np.vstack([-model.coef_, model.coef_])
    return vectorizer.get_feature_names_out()[np.argsort(-weights)[:, :n]].tolist()


def score(model: ClassifierMixin, test: Part) -> tuple[str, str]:
    """Return accuracy and log-loss, as text."""
    X, y = test
    return f"{model.score(X, y):.1%}", f"{log_loss(y, model.predict_proba(X)):.3f}"


def align(rows: Sequence[Sequence[str]], sides: str) -> str:
    """Return a table; ``sides`` has ``<`` or ``>`` for each column."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("   ".join(f"{c:{s}{w}}" for c, s, w in zip(row, sides, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def classify(sentence: str, model: SGDClassifier, vectorizer: TfidfVectorizer, n: int = 3) -> str:
    """Return the sentence and its most probable classes, as text."""
    x = vectorizer.transform([sentence])
    probabilities = model.predict_proba(x)[0]
    best = np.argsort(-probabilities)[:n]
    unknown = "" if x.nnz else "\nNone of its words is a feature: the probabilities are those of a text without words."
    rows = [(str(model.classes_[k]), f"{probabilities[k]:.1%}") for k in best]
    return f'"{textwrap.shorten(sentence, 100)}"{unknown}\n{align(rows, "<>")}'


def report(
    classes: Mapping[str, Sequence[str]],
    vectorizer: TfidfVectorizer,
    parts: Sequence[Part],
    compile_seconds: float,
    candidates: Sequence[Candidate],
    sentence: str,
) -> str:
    """Return all that is to be said of the candidates, of which the best in validation is taken."""
    train, _, test = parts
    best = min(candidates, key=lambda candidate: candidate.loss)
    model, nnz, sizes = best.model, train[0].nnz, [len(y) for _, y in parts]
    facts = [
        ("documents", f"{sum(sizes):,}", "{:,} for training, {:,} for validation, {:,} for the test".format(*sizes)),
        ("features", f"{model.n_features_in_:,}", "words of two training documents or more"),
        ("classes", f"{len(classes)}", "packages"),
        ("non-zeros", f"{nnz:,}", "of the training part"),
        ("backend", model.backend_, ""),
        ("compile time", f"{compile_seconds:.2f} s", "of the kernels, or loading them; not part of the training time"),
        ("training time", f"{best.seconds:.3f} s", f"{model.n_iter_} epochs"),
        ("speed", f"{nnz * model.n_iter_ / best.seconds / 1e6:.1f} M/s", "non-zeros a second"),
    ]
    strengths = [("alpha", "log-loss", "validation part")]
    strengths += [(f"{c.model.alpha_:.1e}", f"{c.loss:.4f}", "chosen" if c is best else "") for c in candidates]
    baseline = DummyClassifier(strategy="prior").fit(*train)
    scores = [("test part", "accuracy", "log-loss"), ("fastlr", *score(model, test))]
    scores += [("majority class", *score(baseline, test))]
    words = [("class", "documents", "words with the largest weights")]
    for label, top in zip(model.classes_, top_words(model, vectorizer), strict=True):
        words.append((label, f"{len(classes[label]):,}", ", ".join(top)))
    title = f"fastlr {__version__}: which package is a docstring from?"
    tables = [align(facts, "<><"), align(strengths, "<><"), align(scores, "<>>"), align(words, "<><")]
    return "\n\n".join([title, *tables, classify(sentence, model, vectorizer)])


def run(seed: int, sentence: str, backend: str | None) -> str:
    """Read the docstrings of the installed packages, train on them, and return a report.

    Parameters
    ----------
    seed : int
        Draws the parts, and the order of the rows in training.
    sentence : str
        What the trained model classifies at the end of the report.
    backend : str or None
        As for `fastlr.SGDClassifier`.

    Returns
    -------
    str
        The report, of several lines.

    Raises
    ------
    click.ClickException
        If the backend is missing, or if there are too few docstrings.
    """
    try:
        backend = resolve_backend(backend)
    except (ImportError, ValueError) as error:
        raise click.ClickException(" ".join(str(error).split())) from error
    classes = choose_classes(read_packages(find_packages(site_folders())))
    vectorizer, parts = split(classes, seed)
    compile_seconds = warm_up(parts[0], backend)
    candidates = fit_candidates(parts[0], parts[1], seed, backend)
    return report(classes, vectorizer, parts, compile_seconds, candidates, sentence)
