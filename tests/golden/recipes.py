"""Models whose bits are the same on every machine, and what of each is compared.

The data come from integers, and from divisions of integers, which IEEE 754 rounds alike everywhere: a logarithm or a
sum by NumPy would differ between machines before a model is trained on it.
"""

import hashlib
import itertools
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import scipy.sparse as sp

import fastlr
from fastlr import schedules
from fastlr.solvers.exact.registry import SOLVERS
from fastlr.text import CountVectorizer, HashingVectorizer, TfidfTransformer

DIGESTS = Path(__file__).parent / "digests.json"

N_ROWS, N_FEATURES, LONGEST_ROW = 220, 60, 14

PENALTIES = {"l2": 0.0, "l1": 1.0, "elasticnet": 0.25}
# SciPy's L-BFGS calls a BLAS, whose sums depend on the machine.
EXACT_SOLVERS = [solver for solver in SOLVERS.values() if solver.name != "lbfgs"]

Arrays = dict[str, np.ndarray]


def draw_rows(n_classes: int, dtype=np.float64, index=np.int32):
    """Draw rows, some of them empty, their labels and their weights."""
    draws = np.random.RandomState(n_classes)  # whose stream never changes, unlike a Generator's
    lengths = draws.randint(0, LONGEST_ROW + 1, N_ROWS)
    indptr = np.r_[0, np.cumsum(lengths)]
    ranks = draws.randint(0, N_FEATURES, (2, indptr[-1]))
    indices = ranks[0] * ranks[1] // N_FEATURES  # the first features are the most frequent ones
    counts = draws.randint(1, 40, indptr[-1])
    planted = draws.randint(-9, 10, (N_FEATURES, n_classes))
    scores = np.zeros((N_ROWS, n_classes), np.int64)
    np.add.at(scores, np.repeat(np.arange(N_ROWS), lengths), counts[:, None] * planted[indices])
    labels = np.argmax(scores + draws.randint(0, 300, scores.shape), axis=1)
    labels[:n_classes] = np.arange(n_classes)
    X = sp.csr_matrix((N_ROWS, N_FEATURES), dtype=dtype)
    X.indptr, X.indices, X.data = indptr.astype(index), indices.astype(index), (counts / 7).astype(dtype)
    return X, labels, draws.randint(0, 9, N_ROWS) / 3


def draw_texts(n: int = N_ROWS):
    """Draw documents of common and rare words, and their labels."""
    draws = np.random.RandomState(0)
    labels = draws.randint(0, 3, n)
    ranks = draws.randint(0, 30, (n, 2, 12))
    words = ranks[:, 0] * ranks[:, 1] // 30 + 5 * labels[:, None]
    return [" ".join(f"w{word}" for word in row) for row in words], np.array(["eggs", "ham", "spam"])[labels]


def of_model(model, X, y=None, sample_weight=None) -> Arrays:
    """Return what is compared of a fitted model."""
    found = {
        "coef": model.coef_,
        "intercept": model.intercept_,
        "probabilities": model.predict_proba(X),
        "log_probabilities": model.predict_log_proba(X),
        "n_iter": np.asarray(model.n_iter_, np.int64),
    }
    if y is not None:
        found["gap"] = np.array(fastlr.duality_gap(model, X, y, sample_weight))
    for name in ("training_loss", "gradient_norm", "objective", "validation_loss"):
        if name in getattr(model, "history_", ()):
            found[name] = model.history_[name]
    return found


def stochastic(n_classes: int, *, dtype="float64", weighted=False, index=np.int32, **parameters) -> Arrays:
    """Fit by stochastic gradient descent."""
    X, y, weights = draw_rows(n_classes, dtype, index)
    weights = weights if weighted else None
    settings = {"alpha": 0.002, "max_iter": 3, "history": "full", "random_state": 0, **parameters}
    return of_model(fastlr.SGDClassifier(**settings).fit(X, y, weights), X, y, weights)


def stream(n_classes: int, index=np.int32, **parameters) -> Arrays:
    """Fit a stream of batches with weights."""
    X, y, weights = draw_rows(n_classes, index=index)
    model = fastlr.SGDClassifier(alpha=0.002, random_state=0, **parameters)
    for start in range(0, N_ROWS, 50):
        rows = slice(start, start + 50)
        model.partial_fit(X[rows], y[rows], np.arange(n_classes), weights[rows])
    return of_model(model, X)


def exact(n_classes: int, *, dtype="float64", weighted=False, index=np.int32, **parameters) -> Arrays:
    """Fit to the optimum."""
    X, y, weights = draw_rows(n_classes, dtype, index)
    weights = weights if weighted else None
    model = fastlr.LogisticRegression(**{"C": 0.05, "max_iter": 40, "random_state": 0, **parameters})
    return of_model(model.fit(X, y, weights), X, y, weights)


def path(n_classes: int, index=np.int32, **parameters) -> Arrays:
    """Fit models for several C."""
    X, y, _ = draw_rows(n_classes, index=index)
    Cs = 4 if n_classes == 2 else (0.01, 0.1, 1.0)
    found = fastlr.regularization_path(X, y, Cs, random_state=0, **parameters)
    return {
        "Cs": found.Cs,
        "coef": found.coefs,
        "intercept": found.intercepts,
        "gap": found.duality_gaps,
        "n_iter": found.n_iter,
    }


def cross_validated(n_classes: int, index=np.int32) -> Arrays:
    """Choose C and the share of L1 by cross-validation."""
    X, y, weights = draw_rows(n_classes, index=index)
    Cs = 3 if n_classes == 2 else (0.01, 0.1)
    model = fastlr.LogisticRegressionCV(Cs=Cs, l1_ratios=(0.0, 0.5), cv=3, random_state=0, max_iter=40)
    return {**of_model(model.fit(X, y, weights), X), "scores": model.scores_, "C": np.array(model.C_)}


def texts(n: int = N_ROWS, **parameters) -> Arrays:
    """Fit and predict documents."""
    documents, y = draw_texts(n)
    model = fastlr.TextClassifier(n_features=1 << 12, **parameters).fit(documents, y)
    return {"probabilities": model.predict_proba(documents), "scores": model.decision_function(documents)}


def vectors(vectorizer, **parameters) -> Arrays:
    """Weigh the n-grams of documents by tf-idf."""
    counts = vectorizer.fit_transform(draw_texts()[0])
    rows = TfidfTransformer(**parameters).fit_transform(counts)
    return {"values": rows.data, "indices": rows.indices.astype(np.int64), "indptr": rows.indptr.astype(np.int64)}


def stochastic_recipes() -> Iterator[tuple[str, Callable[..., Arrays]]]:
    """Every penalty, optimizer, size of batches and schedule."""
    kinds = {
        "sgd": {},
        "batches": {"batch_size": 16},
        "full-batch": {"batch_size": "full"},
        "averaged": {"average": True, "learning_rate": "constant", "eta0": 0.1},
        "averaged-batches": {"average": 20, "batch_size": 16},
        "adagrad": {"optimizer": "adagrad"},
        "ftrl": {"optimizer": "ftrl"},
    }
    for n_classes, penalty, (kind, given), dtype in itertools.product(
        (2, 5), PENALTIES, kinds.items(), ("float32", "float64")
    ):
        yield (
            f"{kind}-{n_classes}-{penalty}-{dtype}",
            lambda n=n_classes, p=penalty, d=dtype, g=given, **more: stochastic(n, penalty=p, dtype=d, **g, **more),
        )
    named = {
        "defaults": {"max_iter": None, "alpha": "auto", "history": "auto"},
        "many-classes": {"n_classes": 19},
        "many-classes-float32": {"n_classes": 19, "dtype": "float32"},
        "no-penalty": {"penalty": None},
        "no-intercept": {"fit_intercept": False},
        "weighted": {"weighted": True, "class_weight": "balanced"},
        "weighted-adagrad": {"weighted": True, "optimizer": "adagrad"},
        "early-stopping": {"early_stopping": True, "max_iter": 30, "n_iter_no_change": 2},
        "tol": {"tol": 0.01, "max_iter": 30, "n_iter_no_change": 2},
        "two-threads": {"n_jobs": 2},
        **{f"schedule-{name}": {"learning_rate": name} for name in schedules.NAMED},
    }
    for (name, given), n_classes in itertools.product(named.items(), (2, 5)):
        if "n_classes" not in given:
            yield f"{name}-{n_classes}", lambda n=n_classes, g=given, **more: stochastic(n, **g, **more)
        elif n_classes == 2:
            yield name, lambda g=given, **more: stochastic(**g, **more)
    for kind, n_classes in itertools.product(("sgd", "adagrad", "ftrl"), (2, 5)):
        yield f"stream-{kind}-{n_classes}", lambda k=kind, n=n_classes, **more: stream(n, optimizer=k, **more)


def exact_recipes() -> Iterator[tuple[str, Callable[..., Arrays]]]:
    """Every exact solver with each of its penalties."""
    for solver, n_classes in itertools.product(EXACT_SOLVERS, (2, 5)):
        for penalty, l1_ratio in PENALTIES.items():
            if penalty in solver.penalties:
                yield (
                    f"{solver.name}-{n_classes}-{penalty}",
                    lambda s=solver.name, n=n_classes, r=l1_ratio, **more: exact(n, solver=s, l1_ratio=r, **more),
                )
    for n_classes in (2, 5):
        yield f"exact-auto-{n_classes}", lambda n=n_classes, **more: exact(n, weighted=True, **more)
        yield f"exact-float32-{n_classes}", lambda n=n_classes, **more: exact(n, dtype="float32", **more)
        yield f"exact-no-penalty-{n_classes}", lambda n=n_classes, **more: exact(n, C=np.inf, **more)
        yield f"path-{n_classes}", lambda n=n_classes, **more: path(n, **more)
        yield f"path-l1-{n_classes}", lambda n=n_classes, **more: path(n, l1_ratio=1.0, **more)
        yield f"cross-validated-{n_classes}", lambda n=n_classes, **more: cross_validated(n, **more)


# What rows of either type of indices give.
OF_ROWS = dict(itertools.chain(stochastic_recipes(), exact_recipes()))
OF_TEXTS = {
    "text": texts,
    "text-l1": lambda: texts(penalty="l1", max_iter=2),
    "text-halves": lambda: texts(5000, max_iter=3),
    "text-C": lambda: texts(C=1.0),
    "hashed": lambda: vectors(HashingVectorizer(ngram_range=(1, 2), n_features=1 << 12, token_pattern=r"\b\w+\b")),
    "counted": lambda: vectors(CountVectorizer(ngram_range=(1, 2), token_pattern=r"\b\w+\b"), sublinear_tf=True),
}
RECIPES = {**OF_ROWS, **OF_TEXTS}


def compute(name: str, backend: str, **parameters) -> Arrays:
    """Return what a recipe gives on a backend."""
    with fastlr.use_backend(backend), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few of them converge in so few iterations
        return RECIPES[name](**parameters)


def as_bytes(array: np.ndarray) -> bytes:
    """Return the entries in C order, the lowest byte of each first."""
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()


def digests(arrays: Arrays) -> dict[str, str]:
    """Return a digest of each array."""
    return {name: hashlib.sha256(as_bytes(array)).hexdigest()[:12] for name, array in arrays.items()}
