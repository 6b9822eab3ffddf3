"""A classifier of texts: hashing, weighting and a linear model in one object, without scikit-learn.

It is what the command line trains, and imports neither scikit-learn nor, where Cython compiled the kernels, Numba.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from threading import Event
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastlr import kernels
from fastlr.arrays import frozen
from fastlr.backend import resolve_backend
from fastlr.columns import POWER, Chunk, Columns, stacked
from fastlr.metrics import accuracy, log_loss
from fastlr.pipeline import in_background, in_order
from fastlr.problem import Problem, Rows
from fastlr.settings import Settings
from fastlr.solvers.watcher import Unwatched
from fastlr.text.documents import Documents
from fastlr.text.hasher import Hasher
from fastlr.text_rows import Corpus, hashed, make_rows, pieces
from fastlr.training import make_plan, run, scale_of
from fastlr.words import Sample

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from fastlr.store.problem import StoredProblem

# Rows are of length 1, so a rate needs no unit. Eight times that of `fastlr.automatic`: rows weighted by rarity squared
# bear it, and half the epochs do. Test log-loss at 1 / 2 / 4 / 8 / 16 times, two epochs: abstracts of 2 classes .204 /
# .168 / .142 / .129 / .135, of 20 classes - / - / .447 / .428 / .517; titles of 200 classes - / - / 2.04 / 1.93 / 1.91.
ETA0 = 6.4

# So many steps are planned, in no fewer and no more epochs than these.
PLANNED_STEPS = 60_000
MIN_EPOCHS, MAX_EPOCHS = 2, 20

# Strengths of the penalty to choose from, where none is given. Log-loss on texts held out with 1e-7 / 3e-7 / 1e-6 /
# 3e-6: abstracts of 2 classes .146 / .146 / .147 / .156, of 20 classes .471 / .468 / .463 / .492, titles of 200 classes
# 1.86 / 1.88 / 2.02 / 2.39. A part of the texts does not tell: the fewer, the weaker is what seems best.
ALPHAS = (1e-7, 1e-6)

# Features of each class whose words are kept, where they can be found.
N_WORDS = 100

# Of the memory that training may take, the shares of the weights, of which there are as many as strengths are tried at
# a time, and of the hashed rows, of which there are two while they are weighted.
WEIGHTS_SHARE, ROWS_SHARE = 0.2, 0.25


class Trained(NamedTuple):
    """Weights of one strength of the penalty, and how good they are on the rows held out, if there are any."""

    alpha: float
    weights: np.ndarray
    intercept: np.ndarray
    epochs: int
    scores: dict[str, float] | None


class _UntilOver(Unwatched):
    """Ends a training, in whatever thread it runs, once nobody waits for it."""

    def __init__(self, over: Event) -> None:
        self._over = over

    def between_steps(self) -> None:
        """Raise KeyboardInterrupt if it is over."""
        if self._over.is_set():
            raise KeyboardInterrupt


@dataclass(frozen=True)
class LinearModel:
    """What predicts: the kept columns and their weights.

    Attributes
    ----------
    hasher : Hasher
    columns : Columns
    weights : ndarray of float32, shape (n_kept, n_outputs)
    intercept : ndarray of float64, shape (n_outputs,)
    """

    hasher: Hasher
    columns: Columns
    weights: np.ndarray
    intercept: np.ndarray

    def scores(self, rows: Rows, backend: str) -> np.ndarray:
        """Return the scores of rows over the kept columns."""
        out = np.empty((rows.shape[0], self.weights.shape[1]), np.float32)
        if backend == "numpy":
            out[:] = rows.csr @ self.weights + self.intercept
        else:
            kernels.load(backend).decision_function(
                rows.indptr, rows.indices, rows.data, frozen(self.weights), frozen(self.intercept), 0, len(out), out
            )
        return out

    def rows(self, documents: Documents, backend: str) -> Rows:
        """Return the rows of documents."""
        chunk = hashed(self.hasher, documents, backend)
        return make_rows(self.columns.keep([chunk], len(documents), len(chunk[1]), backend), len(self.columns))


def probabilities(scores: np.ndarray) -> np.ndarray:
    """Return the probability of each class, of one score for two classes or else of one a class.

    As `fastlr.objective.probabilities`, without SciPy, whose import takes longer than most predictions.
    """
    if scores.shape[1] == 1:
        z = scores[:, 0].astype(np.float64)
        small = np.exp(-np.abs(z))
        p = np.where(z >= 0, 1.0, small) / (1.0 + small)
        q = np.where(z >= 0, small, 1.0) / (1.0 + small)
        return np.column_stack([q, p])
    p = np.exp(scores - scores.max(axis=1, keepdims=True), dtype=np.float64)
    p /= p.sum(axis=1, keepdims=True)
    return p


class TextClassifier:
    """Logistic regression on raw texts: trained, saved and loaded as one object.

    Words and n-grams of words are hashed to columns. A column counts as ``1 + log(count)``, times the square of its
    inverse document frequency; columns of one or two documents are left out, and each row is divided by its length.
    On these rows a binary or softmax model is trained by a few epochs of stochastic gradient descent, whose first rate
    is chosen for such rows. A part of the texts is held out, to choose the strength of the penalty and to say how good
    the model is; it adds to the document frequencies, but trains nothing.

    It has the methods of a scikit-learn classifier, but imports nothing of scikit-learn.

    Parameters
    ----------
    ngrams : int, default=2
        Words up to this many in a row are one feature.
    n_features : int, default=2**22
        Hashed columns; those that the texts fill often enough are kept.
    penalty : {"l2", "l1", "elasticnet", None}, default="l2"
    alpha : float or "auto", default="auto"
        Strength of the penalty. ``"auto"`` tries a few values, of which the one with the lowest log-loss on the texts
        held out is taken.
    C : float or None, default=None
        The strength as in scikit-learn's ``LogisticRegression``, ``alpha = 1 / (C * n)`` for ``n`` texts to train on;
        with it, ``alpha`` must be "auto".
    l1_ratio : float, default=0.15
        Share of L1 in the elastic net.
    optimizer : {"sgd", "adagrad", "ftrl"}, default="sgd"
    max_iter : int or None, default=None
        Epochs. None is 2 for 30,000 texts or more, and up to 20 for fewer.
    validation_fraction : float, default=0.1
        Share of the texts that are held out at random, 0 or more and less than 1.
    memory : int or None, default=None
        Bytes that training may take. Only the most frequent columns are kept if the weights of all took more than a
        fifth of it, and hashed rows of more than a quarter of it are written to a temporary folder, to be trained on
        from there. None bounds nothing.
    random_state : int, default=0
        Draws the texts held out and the order of the rows.
    n_threads : int or None, default=None
        Threads that hash, and try strengths; None is the number of processors. The result does not depend on it.
    backend : {None, "auto", "numba", "cython", "numpy"}, default=None
        What runs the inner loops; None follows `fastlr.get_backend`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Sorted labels.
    alpha_ : float
        The strength that was used.
    validation_ : dict or None
        ``"accuracy"`` and ``"log_loss"`` on the texts held out, and how many these were: ``"n"``.
    n_iter_ : int
        Epochs.
    n_texts_ : int
        Texts that came, those held out included.
    n_features_ : int
        Columns that are kept.
    words_ : dict
        By feature, the word or words that it stands for, of some of those with the largest weights.
    data_columns_ : fastlr.reading.known.KnownColumns or None
        The columns of the file that ``fastlr train`` read, which ``fastlr predict`` looks for; None otherwise.

    Examples
    --------
    >>> from fastlr import TextClassifier
    >>> texts = ["good film", "bad film", "a good plot", "a bad plot"] * 5
    >>> model = TextClassifier(validation_fraction=0).fit(texts, ["+", "-", "+", "-"] * 5)
    >>> model.predict(["good music"]).tolist()
    ['+']
    """

    _PARAMETERS = (
        "ngrams", "n_features", "penalty", "alpha", "C", "l1_ratio", "optimizer", "max_iter", "validation_fraction",
        "memory", "random_state", "n_threads", "backend",
    )  # fmt: skip

    def __init__(
        self,
        *,
        ngrams: int = 2,
        n_features: int = 2**22,
        penalty: str | None = "l2",
        alpha: float | str = "auto",
        C: float | None = None,
        l1_ratio: float = 0.15,
        optimizer: str = "sgd",
        max_iter: int | None = None,
        validation_fraction: float = 0.1,
        memory: int | None = None,
        random_state: int = 0,
        n_threads: int | None = None,
        backend: str | None = None,
    ) -> None:
        self.ngrams = ngrams
        self.n_features = n_features
        self.penalty = penalty
        self.alpha = alpha
        self.C = C
        self.l1_ratio = l1_ratio
        self.optimizer = optimizer
        self.max_iter = max_iter
        self.validation_fraction = validation_fraction
        self.memory = memory
        self.random_state = random_state
        self.n_threads = n_threads
        self.backend = backend

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name, as scikit-learn asks for them; ``deep`` changes nothing."""
        return {name: getattr(self, name) for name in self._PARAMETERS}

    def set_params(self, **parameters: Any) -> TextClassifier:
        """Set parameters by name.

        Raises
        ------
        ValueError
            If there is none of a name.
        """
        unknown = set(parameters) - set(self._PARAMETERS)
        if unknown:
            raise ValueError(
                f"TextClassifier has no parameters {sorted(unknown)}; it has {', '.join(self._PARAMETERS)}."
            )
        for name, value in parameters.items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        default = TextClassifier()
        changed = [f"{k}={v!r}" for k, v in self.get_params().items() if v != getattr(default, k)]
        return f"TextClassifier({', '.join(changed)})"

    def fit(self, texts: Any, y: Any, eval_set: tuple[Any, Any] | None = None) -> TextClassifier:
        """Train on texts and their labels.

        Parameters
        ----------
        texts : iterable of str or bytes, or Documents
        y : array of shape (n_texts,)
            Two different labels or more.
        eval_set : tuple (texts, y) or None, default=None
            What is validated on; None holds out ``validation_fraction`` of the texts.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter is out of range, there are not as many labels as texts, there is but one class, or
            ``eval_set`` holds another.
        TypeError
            If a text is neither ``str`` nor ``bytes``.
        """
        documents, y = _labelled(texts, y)
        classes, labels = np.unique(y, return_inverse=True)
        evaluation = None
        if eval_set is not None:
            others, y = _labelled(*eval_set)
            unknown = np.setdiff1d(y, classes)
            if len(unknown):
                raise ValueError(f"eval_set holds labels that y does not: {unknown[:5].tolist()}.")
            evaluation = _cut(others, np.searchsorted(classes, y).astype(np.int32))
        return self.fit_batches(_cut(documents, labels.astype(np.int32)), classes.tolist, evaluation)

    def fit_stream(self, batches: Iterable[tuple[Any, Any]]) -> TextClassifier:
        """Train on batches of texts and labels that come one after the other; each is hashed in threads as it comes.

        Only hashed rows are kept of them, 8 bytes an entry.

        Parameters
        ----------
        batches : iterable of tuple (texts, y)

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            As `fit`.
        """
        codes: dict[Any, int] = {}

        def coded() -> Iterator[tuple[Documents, np.ndarray]]:
            for texts, y in batches:
                documents, y = _labelled(texts, y)
                yield documents, np.fromiter((codes.setdefault(k, len(codes)) for k in y.tolist()), np.int32, len(y))

        return self.fit_batches(coded(), lambda: list(codes))

    def fit_batches(
        self,
        batches: Iterable[tuple[Documents, np.ndarray]],
        classes: Callable[[], Sequence[Any]],
        evaluation: Iterable[tuple[Documents, np.ndarray]] | None = None,
    ) -> TextClassifier:
        """Train on batches of `Documents` and codes of their classes, int32.

        Parameters
        ----------
        batches : iterable of tuple (Documents, ndarray)
        classes : callable
            Returns the labels by code; called once the batches have come.
        evaluation : iterable of tuple (Documents, ndarray) or None
            What is validated on, instead of texts held out.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            As `fit`.
        """
        settings = self._checked_settings()
        backend, n_threads = resolve_backend(self.backend), self._n_threads()
        hasher = Hasher(
            ngram_range=(1, int(self.ngrams)), n_features=int(self.n_features), signed=False, weighting="log",
            norm=None, dtype=np.float32,
        )  # fmt: skip
        most = None if self.memory is None else int(ROWS_SHARE * self.memory)
        sample, random = Sample(), np.random.default_rng(self.random_state)
        with Corpus(hasher.n_features, most) as corpus:
            corpus.gather(sample.of(batches), hasher, backend, n_threads)
            labels = list(classes())
            if len(corpus) == 0:
                raise ValueError("There are no texts to train on.")
            if len(labels) < 2:
                raise ValueError(f"A classifier needs two classes or more; there is 1: {labels}.")
            _check_kinds(labels)
            order = sorted(range(len(labels)), key=lambda code: labels[code])
            rank = np.empty(len(labels), np.int32)
            rank[order] = np.arange(len(labels))
            columns = self._columns(corpus, len(labels))
            names = in_background(sample.names, hasher, backend)
            codes, held_out = rank[corpus.codes()], np.empty(0, np.intp)
            if evaluation is None:
                held_out = _hold_out(codes, float(self.validation_fraction), random)
            problem, rows = corpus.problem(columns, codes, len(labels), held_out, backend)
            validation = (rows, codes[held_out])
            if evaluation is not None:
                others, other_codes = _read_evaluation(evaluation, hasher, columns, backend, n_threads)
                if len(other_codes) and other_codes.max() >= len(labels):
                    new = list(classes())[len(labels) :]
                    raise ValueError(f"What is validated on has labels that nothing is trained on: {new[:5]}.")
                validation = (others, rank[other_codes])
            trained = self._train(problem, validation, settings, hasher, columns, backend, int(random.integers(2**31)))
        self.classes_ = np.array([labels[code] for code in order])
        self.alpha_, self.n_iter_, self.validation_ = trained.alpha, trained.epochs, trained.scores
        self.n_texts_, self.data_columns_ = len(codes), None
        self._model = LinearModel(hasher, columns, trained.weights, trained.intercept)
        self.words_ = self._words(names.result())
        return self

    def _checked_settings(self) -> Settings:
        for name, least, most in (("ngrams", 1, 10), ("n_features", 1, 2**31), ("random_state", 0, 2**63)):
            value = getattr(self, name)
            if not isinstance(value, Integral) or isinstance(value, bool) or not least <= value <= most:
                raise ValueError(f"{name} must be an integer between {least} and {most}; got {value!r}.")
        for name in ("max_iter", "n_threads", "memory"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, Integral) or isinstance(value, bool) or value < 1):
                raise ValueError(f"{name} must be None or an integer, 1 or more; got {value!r}.")
        for name, top in (("validation_fraction", 1.0), ("l1_ratio", np.nextafter(1.0, 2.0))):
            value = getattr(self, name)
            if not isinstance(value, Real) or not 0.0 <= value < top:
                raise ValueError(f"{name} must be a number, 0 or more and less than 1; got {value!r}.")
        if self.alpha != "auto" and not (isinstance(self.alpha, Real) and 0.0 <= self.alpha < np.inf):
            raise ValueError(f"alpha must be 'auto' or a number, 0 or more; got {self.alpha!r}.")
        if self.C is not None and not (isinstance(self.C, Real) and 0.0 < self.C < np.inf and self.alpha == "auto"):
            raise ValueError(f"C must be None or a number above 0, with alpha='auto'; got {self.C!r}.")
        for name, accepted in (
            ("penalty", ("l2", "l1", "elasticnet", None)),
            ("optimizer", ("sgd", "adagrad", "ftrl")),
        ):
            if getattr(self, name) not in accepted:
                raise ValueError(
                    f"{name} must be one of {', '.join(map(repr, accepted))}; got {getattr(self, name)!r}."
                )
        eta0 = ETA0 if self.optimizer == "sgd" else "auto"
        return Settings(penalty=self.penalty, l1_ratio=float(self.l1_ratio), optimizer=self.optimizer, eta0=eta0)

    def _columns(self, corpus: Corpus, n_classes: int) -> Columns:
        """Choose the columns, no more than the weights of fit in their share of the memory."""
        most, n_outputs = None, 1 if n_classes == 2 else n_classes
        if self.memory is not None:
            most = max(int(WEIGHTS_SHARE * self.memory) // (4 * n_outputs), 1)
        return Columns.choose(corpus.counts, len(corpus), most)

    def _n_threads(self) -> int:
        return int(self.n_threads or os.cpu_count() or 1)

    def _train(
        self,
        problem: Problem | StoredProblem,
        validation: tuple[Rows, np.ndarray],
        settings: Settings,
        hasher: Hasher,
        columns: Columns,
        backend: str,
        seed: int,
    ) -> Trained:
        """Train with each strength there is to try; return the best."""
        rows, labels = validation
        alphas = ALPHAS
        if self.C is not None or self.alpha != "auto":
            alphas = (1.0 / (self.C * problem.n_present) if self.C is not None else float(self.alpha),)
        if not len(labels) or self.penalty is None:
            alphas = alphas[:1]

        n = max(problem.n_present, 1)
        epochs = int(self.max_iter or min(max(MIN_EPOCHS, -(-PLANNED_STEPS // n)), MAX_EPOCHS))

        over = Event()

        def train(alpha: float) -> Trained:
            own = Settings(**{**vars(settings), "alpha": alpha, "max_iter": epochs})
            plan = make_plan(own, problem, scale_of(own, problem, backend))
            steps = own.kind(problem, backend).start()
            run(steps, problem, own, plan, seed, _UntilOver(over))
            weights, intercept = steps.finish(), np.array(steps.intercept)
            scores = None
            if len(labels):
                model = LinearModel(hasher, columns, weights, intercept)
                p = probabilities(model.scores(rows, backend))
                scores = {"accuracy": accuracy(p, labels), "log_loss": log_loss(p, labels), "n": len(labels)}
            return Trained(alpha, weights, intercept, epochs, scores)

        tried = in_order(train, alphas, min(len(alphas), self._n_threads()), over)
        return min(tried, key=lambda trained: trained.scores["log_loss"] if trained.scores else 0.0)

    @property
    def n_features_(self) -> int:
        """Columns that are kept."""
        return len(self._fitted().columns)

    def importance_of(self, features: np.ndarray) -> np.ndarray:
        """Return by what a feature's weights are multiplied to compare features.

        That is its column's weight, and the root of the number of texts that it is in: a word that turns the scale is
        worth more the more often it does.
        """
        weights = self._fitted().columns.weights[features]
        n_documents = (1.0 + self.n_texts_) / np.exp(weights ** (1.0 / POWER) - 1.0) - 1.0
        return weights * np.sqrt(np.maximum(n_documents, 0.0))

    def _words(self, names: dict[int, str]) -> dict[int, str]:
        """Return the words of the most important features of each class, of the columns whose words are known."""
        linear = self._model
        columns = np.array(sorted(names), np.int32)
        features = np.searchsorted(linear.columns.kept, columns)
        kept = linear.columns.kept[np.minimum(features, len(linear.columns) - 1)] == columns
        columns, features = columns[kept], features[kept]
        importance = linear.weights[features] * self.importance_of(features)[:, None]
        if importance.shape[1] == 1:
            importance = np.hstack([-importance, importance])
        n = min(N_WORDS, len(features))
        best = np.unique(np.argpartition(-importance, n - 1, axis=0)[:n]) if n else np.empty(0, np.intp)
        return {
            feature: names[column]
            for feature, column in zip(features[best].tolist(), columns[best].tolist(), strict=True)
        }

    def _fitted(self) -> LinearModel:
        model = vars(self).get("_model")
        if model is None:
            raise ValueError("This TextClassifier is not fitted yet: call fit first.")
        return model

    def decision_function(self, texts: Any) -> np.ndarray:
        """Return the scores: log-odds of ``classes_[1]`` for two classes, else those whose softmax are probabilities.

        Parameters
        ----------
        texts : iterable of str or bytes, or Documents

        Returns
        -------
        ndarray of float32, shape (n_texts,) for two classes, otherwise (n_texts, n_classes)

        Raises
        ------
        ValueError
            Before `fit`.
        TypeError
            If a text is neither ``str`` nor ``bytes``.
        """
        scores = self._scores(texts)
        return scores[:, 0] if scores.shape[1] == 1 else scores

    def _scores(self, texts: Any) -> np.ndarray:
        model, backend = self._fitted(), resolve_backend(self.backend)
        documents = Documents.from_texts(texts)

        def scores(piece: Documents) -> np.ndarray:
            return model.scores(model.rows(piece, backend), backend)

        cut = list(pieces(documents))
        if len(cut) <= 1:  # no thread need be started for it
            return scores(documents)
        return np.concatenate(list(in_order(scores, cut, self._n_threads())))

    def predict_proba(self, texts: Any) -> np.ndarray:
        """Return the probability of each class, shape (n_texts, n_classes), in the order of ``classes_``.

        Raises
        ------
        ValueError, TypeError
            As `decision_function`.
        """
        return probabilities(self._scores(texts))

    def predict(self, texts: Any) -> np.ndarray:
        """Return the most probable class of each text.

        Raises
        ------
        ValueError, TypeError
            As `decision_function`.
        """
        scores = self._scores(texts)
        best = (scores[:, 0] > 0).astype(np.intp) if scores.shape[1] == 1 else scores.argmax(axis=1)
        return self.classes_[best]

    def score(self, texts: Any, y: Any) -> float:
        """Return the accuracy on texts with labels.

        Raises
        ------
        ValueError, TypeError
            As `decision_function`; and if there are no texts, or not as many labels.
        """
        documents, y = _labelled(texts, y)
        if not len(y):
            raise ValueError("There are no texts to score.")
        return float((self.predict(documents) == y).mean())

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn, if it asks, that this is a classifier of texts."""
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier", target_tags=TargetTags(required=True), classifier_tags=ClassifierTags(),
            input_tags=InputTags(two_d_array=False, string=True),
        )  # fmt: skip

    def to_sklearn(self) -> Pipeline:
        """Return a fitted scikit-learn pipeline that predicts the same: a step that makes rows, and a linear model.

        The first step is fastlr's, which must be there to unpickle it.

        Returns
        -------
        sklearn.pipeline.Pipeline

        Raises
        ------
        ValueError
            Before `fit`.
        """
        from fastlr.text_pipeline import pipeline_of

        return pipeline_of(self)


def _labelled(texts: Any, y: Any) -> tuple[Documents, np.ndarray]:
    documents, given, y = Documents.from_texts(texts), y, np.asarray(y)
    if y.ndim != 1 or len(y) != len(documents):
        raise ValueError(
            f"y must hold one label a text; there are {len(documents)} texts, and y is of shape {y.shape}."
        )
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise ValueError("y holds NaN or infinity.")
    if y.dtype.kind == "O" or (y.dtype.kind in "US" and not isinstance(given, np.ndarray)):
        _check_kinds(given)
    return documents, y


def _check_kinds(labels: Sequence[Any]) -> None:
    """Refuse labels that have no order, or that NumPy has made strings of: a missing one among them above all."""
    kinds = {type(label) for label in labels}
    alike = len(kinds) <= 1 or any(all(issubclass(kind, base) for kind in kinds) for base in (Real, str, bytes))
    if not alike or any(label != label for label in labels):
        found = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise ValueError(f"The labels must be of one type, and none None or NaN; y holds {found}.")


def _cut(documents: Documents, labels: np.ndarray) -> Iterator[tuple[Documents, np.ndarray]]:
    first = 0
    for piece in pieces(documents):
        yield piece, labels[first : first + len(piece)]
        first += len(piece)


def _read_evaluation(
    batches: Iterable[tuple[Documents, np.ndarray]], hasher: Hasher, columns: Columns, backend: str, n_threads: int
) -> tuple[Rows, np.ndarray]:
    """Return the rows and codes of batches to validate on."""
    parts, codes = [], []

    def rows(batch: tuple[Documents, np.ndarray]) -> tuple[Chunk, np.ndarray]:
        documents, labels = batch
        chunk = hashed(hasher, documents, backend)
        return columns.keep([chunk], len(documents), len(chunk[1]), backend), labels

    for chunk, labels in in_order(rows, batches, n_threads):
        parts.append(chunk)
        codes.append(labels)
    if not parts:
        raise ValueError("There are no texts to validate on.")
    return make_rows(stacked(parts), len(columns)), np.concatenate(codes)


def _hold_out(labels: np.ndarray, fraction: float, random: np.random.Generator) -> np.ndarray:
    """Return rows to validate on, increasing, of each class its share, but no class's only row."""
    order = random.permutation(len(labels))
    by_class = order[np.argsort(labels[order], kind="stable")]
    counts = np.bincount(labels)
    place = np.arange(len(labels)) - np.repeat(np.cumsum(counts) - counts, counts)
    quota = np.minimum(np.floor(fraction * counts + random.random(len(counts))), np.maximum(counts - 1, 0))
    return np.sort(by_class[place < quota[labels[by_class]]])
