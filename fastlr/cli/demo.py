"""``fastlr demo``: find the package that a docstring is from. Docstrings are the one text that every machine here has.

NumPy and scikit-learn are imported where they are needed, so that the help of the command line does not import them.
"""

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
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from fastlr.cli._options import Command, backend_option, check_stdout, one_line_errors
from fastlr.cli._tables import align

if TYPE_CHECKING:
    import numpy as np
    from sklearn.base import ClassifierMixin
    from sklearn.feature_extraction.text import TfidfVectorizer

    from fastlr.linear_model.sgd_classifier import SGDClassifier

SENTENCE = "Solve a system of linear equations with a sparse, symmetric and positive definite matrix."

# Tests hold little prose, and vendored packages were written by others.
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


class Part(NamedTuple):
    """Rows and labels for training, validation or the test."""

    X: Any
    y: np.ndarray


class Candidate(NamedTuple):
    """A trained model, the seconds that training took, and its validation log-loss."""

    model: SGDClassifier
    seconds: float
    loss: float


@click.command(cls=Command)
@click.option(
    "--seed",
    metavar="N",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="Seed of the random splits and of training.",
)
@click.option("--sentence", metavar="TEXT", default=SENTENCE, help="Sentence to classify at the end.")
@backend_option
@one_line_errors
def demo(seed: int, sentence: str, backend: str | None) -> None:
    """Classify docstrings by the package they come from.

    Reads the docstrings of the Python packages on this machine, trains on 80% of them, and reports how often it
    recognises the package of the others. Needs no network and writes no file.

    \b
    Examples:
      fastlr demo
      fastlr demo --sentence "Return the eigenvalues of a matrix."
    """  # noqa: D301
    check_stdout()
    click.echo(run(seed, sentence, backend))


def run(seed: int, sentence: str, backend: str | None) -> str:
    """Train on the docstrings of the installed packages, and return a report.

    Parameters
    ----------
    seed : int
        Of the splits and of training.
    sentence : str
        Classified at the end of the report.
    backend : str or None
        As for `fastlr.SGDClassifier`.

    Raises
    ------
    click.ClickException
        If the backend is missing, or there are too few docstrings.
    """
    from fastlr.kernels.backend import resolve_backend

    try:
        backend = resolve_backend(backend)
    except (ImportError, ValueError) as error:
        raise click.ClickException(" ".join(str(error).split())) from error
    classes = choose_classes(read_packages(find_packages(site_folders())))
    vectorizer, parts = split(classes, seed)
    compile_seconds = warm_up(parts[0], backend)
    candidates = fit_candidates(parts[0], parts[1], seed, backend)
    return report(classes, vectorizer, parts, compile_seconds, candidates, sentence)


def read_docstrings(path: str | Path) -> list[str]:
    """Return the prose of the docstrings in a Python file, which is parsed but not run.

    Parameters
    ----------
    path : str or Path
        A file that cannot be read or parsed holds no docstrings.

    Returns
    -------
    list of str
        Docstrings of the module and of its classes and functions, with at least ``MIN_WORDS`` words besides their
        doctests, which tend to name the package and are removed.
    """
    gc.disable()  # a third of the time would go into a search for cycles, which a tree does not have
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about invalid escapes in other people's code
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
        # ast.walk would also visit the expressions, which are most of a tree.
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
        packages = found | packages  # of two packages with the same name, Python imports the first
    chosen = {}
    for package in sorted(packages, key=lambda name: (-sum(packages[name].values()), name))[:MAX_PACKAGES]:
        files = sorted(packages[package])
        random.Random(0).shuffle(files)
        chosen[package] = files[:MAX_FILES]
    return chosen


def _sizes(folder: str, names: Sequence[str]) -> Iterator[tuple[str, int]]:
    for path in (os.path.join(folder, name) for name in names if name.endswith(".py")):
        # Reading a pipe might never end.
        if os.path.isfile(path) and (size := os.path.getsize(path)) <= MAX_BYTES:
            yield path, size


def read_packages(packages: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the documents of each package, without those that several packages share."""
    from tqdm import tqdm

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
    """Return the packages with enough documents, at most ``MAX_CLASSES``; raise if there are fewer than two."""
    largest = sorted(documents, key=lambda package: (-len(documents[package]), package))[:MAX_CLASSES]
    for enough in ENOUGH:
        classes = {package: documents[package] for package in largest if len(documents[package]) >= enough}
        if len(classes) > 1:
            return classes
    raise click.ClickException(
        f"The demo needs two installed packages with at least {ENOUGH[-1]} docstrings; there are {len(classes)} under "
        f"{', '.join(site_folders()) or 'sys.path'}."
    )


def split(classes: Mapping[str, Sequence[str]], seed: int) -> tuple[TfidfVectorizer, list[Part]]:
    """Return the vectorizer, fitted on the training part alone, and the training, validation and test parts."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.model_selection import train_test_split

    texts = [text for texts in classes.values() for text in texts]
    y = np.repeat(list(classes), [len(texts) for texts in classes.values()])
    train, rest, y_train, y_rest = train_test_split(texts, y, test_size=0.2, stratify=y, random_state=seed)
    valid, test, y_valid, y_test = train_test_split(rest, y_rest, test_size=0.5, stratify=y_rest, random_state=seed)
    vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=2).fit(train)
    parts = ((train, y_train), (valid, y_valid), (test, y_test))
    return vectorizer, [Part(vectorizer.transform(texts), y) for texts, y in parts]


def warm_up(train: Part, backend: str) -> float:
    """Run the kernels on a row of each class, to compile them before time is measured; return the seconds taken."""
    import numpy as np

    from fastlr.linear_model.sgd_classifier import SGDClassifier

    X, y = train
    start = time.perf_counter()
    rows = np.unique(y, return_index=True)[1]
    SGDClassifier(max_iter=1, backend=backend).fit(X[rows], y[rows]).predict_proba(X[rows])
    return time.perf_counter() - start


def fit_candidates(train: Part, validation: Part, seed: int, backend: str) -> list[Candidate]:
    """Train with the automatic ``alpha`` and with ``MULTIPLES`` of it."""
    from sklearn.metrics import log_loss

    from fastlr.linear_model.sgd_classifier import SGDClassifier

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
    import numpy as np

    weights = model.coef_ if len(model.classes_) > 2 else np.vstack([-model.coef_, model.coef_])
    return vectorizer.get_feature_names_out()[np.argsort(-weights)[:, :n]].tolist()


def score(model: ClassifierMixin, test: Part) -> tuple[str, str]:
    """Return accuracy and log-loss, formatted."""
    from sklearn.metrics import log_loss

    X, y = test
    return f"{model.score(X, y):.1%}", f"{log_loss(y, model.predict_proba(X)):.3f}"


def classify(sentence: str, model: SGDClassifier, vectorizer: TfidfVectorizer, n: int = 3) -> str:
    """Return the sentence and its most probable classes, formatted."""
    x = vectorizer.transform([sentence])
    probabilities = model.predict_proba(x)[0]
    best = (-probabilities).argsort()[:n]
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
    """Return a report on the candidates, and on the one with the lowest validation log-loss."""
    from sklearn.dummy import DummyClassifier

    from fastlr import __version__

    train, _, test = parts
    best = min(candidates, key=lambda candidate: candidate.loss)
    model, nnz, sizes = best.model, train.X.nnz, [len(part.y) for part in parts]
    facts = [
        ("documents", f"{sum(sizes):,}", "{:,} for training, {:,} for validation, {:,} for the test".format(*sizes)),
        ("features", f"{train.X.shape[1]:,}", "words in at least two training documents"),
        ("classes", f"{len(classes)}", "packages"),
        ("non-zeros", f"{nnz:,}", "in the training part"),
        ("backend", model.backend_, ""),
        ("compile time", f"{compile_seconds:.2f} s", "of the kernels, or loading them; not part of the training time"),
        ("training time", f"{best.seconds:.3f} s", f"{model.n_iter_} epochs"),
        ("speed", f"{nnz * model.n_iter_ / best.seconds / 1e6:.1f} M/s", "non-zeros per second"),
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
