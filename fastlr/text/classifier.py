"""A classifier of texts: hashing, weighting and a linear model in one object, without scikit-learn.

It is what the command line trains, and imports neither scikit-learn nor, where Cython compiled the kernels, Numba.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastlr.kernels.backend import resolve_backend
from fastlr.text.column_selection import Columns
from fastlr.text.corpus import HashedCorpus, Labelled, pieces
from fastlr.text.documents import Documents
from fastlr.text.feature_names import Sample, important_words
from fastlr.text.hasher import Hasher
from fastlr.text.holdout import hold_out, read_evaluation
from fastlr.text.labels import check_kinds, cut, labelled, labelled_tuple, scaled_weights
from fastlr.text.parameters import check_parameters
from fastlr.text.predictor import TextPredictor, probabilities
from fastlr.utils.arrays import sum_of
from fastlr.utils.parallel import ordered_map

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

# Of the memory that training may take, the shares of the weights, of which there are as many as strengths are tried at
# a time, and of the hashed rows, beside which are a copy of those held out, and the texts that are being hashed.
WEIGHTS_SHARE, ROWS_SHARE = 0.2, 0.25


class NotFittedError(ValueError, AttributeError):
    """What a classifier that is not fitted raises, as scikit-learn's error of this name, which is not imported."""


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
        Share of the texts of each class that are held out at random, 0 or more and less than 1. Of rows on disk, see
        ``memory``, no more are held out than fit into an eighth of it. With 0, or where it comes to no text, as it may
        where there are few, nothing is validated on: the strength is then the lowest of those to choose from.
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
        ``"accuracy"`` and ``"log_loss"`` on the texts held out, or those of ``eval_set``, and how many these were:
        ``"n"``. None if there were none.
    n_iter_ : int
        Epochs.
    n_texts_ : int
        Texts that came, those held out included.
    n_features_ : int
        Columns that are kept.
    words_ : dict
        By feature, the word or words that it stands for, of some of those with the largest weights.
    data_columns_ : fastlr.files.known_columns.KnownColumns or None
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

    def fit(
        self, texts: Any, y: Any, sample_weight: Any = None, *, eval_set: tuple[Any, ...] | None = None
    ) -> TextClassifier:
        """Train on texts and their labels.

        Parameters
        ----------
        texts : iterable of str or bytes, or Documents
        y : array of shape (n_texts,)
            Two different labels or more.
        sample_weight : array of shape (n_texts,) or None, default=None
            Weights, 0 or more, of the texts in training and in validation. None is 1 for all.
        eval_set : tuple (texts, y) or (texts, y, sample_weight), or None, default=None
            What is validated on; None holds out ``validation_fraction`` of the texts.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter is out of range, there are not as many labels or weights as texts, a weight is negative or
            not finite, there is but one class, or ``eval_set`` is malformed or holds another.
        TypeError
            If a text is neither ``str`` nor ``bytes``.
        """
        documents, y, weights = labelled(texts, y, sample_weight)
        classes, labels = np.unique(y, return_inverse=True)
        evaluation = None
        if eval_set is not None:
            others, y, own = labelled_tuple("eval_set", eval_set)
            unknown = np.setdiff1d(y, classes)
            if len(unknown):
                raise ValueError(f"eval_set holds labels that y does not: {unknown[:5].tolist()}.")
            evaluation = cut(others, np.searchsorted(classes, y).astype(np.int32), own)
        return self.fit_batches(cut(documents, labels.astype(np.int32), weights), classes.tolist, evaluation)

    def fit_stream(self, batches: Iterable[tuple[Any, ...]]) -> TextClassifier:
        """Train on batches of texts and labels that come one after the other; each is hashed in threads as it comes.

        Only hashed rows are kept of them, 8 bytes an entry.

        Parameters
        ----------
        batches : iterable of tuple (texts, y) or (texts, y, sample_weight)
            Texts without weights weigh 1.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            As `fit`.
        """
        if not isinstance(batches, Iterable):
            raise TypeError(f"batches must be an iterable of tuples; got {type(batches).__name__}.")
        codes: dict[Any, int] = {}

        def coded() -> Iterator[Labelled]:
            for number, batch in enumerate(batches):
                documents, y, weights = labelled_tuple(f"batch {number}", batch)
                own = np.fromiter((codes.setdefault(k, len(codes)) for k in y.tolist()), np.int32, len(y))
                yield from cut(documents, own, weights)

        return self.fit_batches(coded(), lambda: list(codes))

    def fit_batches(
        self,
        batches: Iterable[Labelled],
        classes: Callable[[], Sequence[Any]],
        evaluation: Iterable[Labelled] | None = None,
    ) -> TextClassifier:
        """Train on batches of `Documents`, codes of their classes, int32, and their weights, if they have any.

        Parameters
        ----------
        batches : iterable of tuple (Documents, ndarray) or (Documents, ndarray, ndarray or None)
        classes : callable
            Returns the labels by code; called once the batches have come.
        evaluation : iterable of such tuples, or None
            What is validated on, instead of texts held out.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            As `fit`.
        """
        check_parameters(self)
        # Here, as predictions need nothing of it, and it takes 15 ms.
        from fastlr.text.trainer import choose_alphas, planned_epochs, settings_of, train

        backend, n_threads = resolve_backend(self.backend), self._n_threads()
        hasher = Hasher(
            ngram_range=(1, int(self.ngrams)), n_features=int(self.n_features), signed=False, weighting="log",
            norm=None, dtype=np.float32,
        )  # fmt: skip
        most = None if self.memory is None else int(ROWS_SHARE * self.memory)
        sample, random = Sample(), np.random.default_rng(self.random_state)
        with HashedCorpus(hasher.n_features, most) as corpus:
            corpus.gather(sample.of(batches), hasher, backend, n_threads)
            labels = list(classes())
            if len(corpus) == 0:
                raise ValueError("There are no texts to train on.")
            if len(labels) < 2:
                raise ValueError(f"A classifier needs two classes or more; there is 1: {labels}.")
            check_kinds(labels)
            order = sorted(range(len(labels)), key=lambda code: labels[code])
            rank = np.empty(len(labels), np.int32)
            rank[order] = np.arange(len(labels))
            columns = self._columns(corpus, len(labels))
            codes, held_out = rank[corpus.codes()], np.empty(0, np.intp)
            weights = corpus.all_weights()
            if evaluation is None:
                share = min(float(self.validation_fraction), corpus.share_in_memory)
                held_out = hold_out(codes, weights, share, random)
            scaled, total_weight = scaled_weights(weights, held_out, len(codes))
            problem, rows = corpus.problem(columns, codes, scaled, len(labels), held_out, backend, n_threads)
            validation = (rows, codes[held_out], None if weights is None else weights[held_out])
            if evaluation is not None:
                others, other_codes, other_weights = read_evaluation(evaluation, hasher, columns, backend, n_threads)
                if len(other_codes) and other_codes.max() >= len(labels):
                    new = list(classes())[len(labels) :]
                    raise ValueError(f"What is validated on has labels that nothing is trained on: {new[:5]}.")
                validation = (others, rank[other_codes], other_weights)
            epochs = int(self.max_iter or planned_epochs(problem.n_active))
            trained = train(
                problem, validation, settings_of(self, epochs),
                choose_alphas(self, total_weight), hasher, columns, backend, n_threads,
                int(random.integers(2**31)),
            )  # fmt: skip
        model = TextPredictor(hasher, columns, trained.weights, trained.intercept)
        # All at once, so that Ctrl-C leaves the model that there was, or this one.
        vars(self).update(
            classes_=np.array([labels[code] for code in order]), alpha_=trained.alpha, n_iter_=trained.epochs,
            validation_=trained.scores, n_texts_=len(codes), data_columns_=None, _model=model,
            words_=important_words(model, len(codes), sample.terms(hasher, backend)),
        )  # fmt: skip
        return self

    def _columns(self, corpus: HashedCorpus, n_classes: int) -> Columns:
        """Choose the columns, no more than the weights of fit in their share of the memory."""
        most, n_outputs = None, 1 if n_classes == 2 else n_classes
        if self.memory is not None:
            most = max(int(WEIGHTS_SHARE * self.memory) // (4 * n_outputs), 1)
        return Columns.choose(corpus.counts, len(corpus), most)

    def _n_threads(self) -> int:
        return int(self.n_threads or os.cpu_count() or 1)

    @property
    def n_features_(self) -> int:
        """Columns that are kept."""
        return len(self._fitted().columns)

    def _fitted(self) -> TextPredictor:
        model = vars(self).get("_model")
        if model is None:
            raise NotFittedError("This TextClassifier is not fitted yet: call fit first.")
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

        parts = list(pieces(documents))
        if len(parts) <= 1:  # no thread need be started for it
            return scores(documents)
        return np.concatenate(list(ordered_map(scores, parts, self._n_threads())))

    def predict_proba(self, texts: Any) -> np.ndarray:
        """Return the probability of each class.

        Parameters
        ----------
        texts : iterable of str or bytes, or Documents

        Returns
        -------
        ndarray of float64, shape (n_texts, n_classes)
            In the order of ``classes_``.

        Raises
        ------
        ValueError, TypeError
            As `decision_function`.
        """
        return probabilities(self._scores(texts))

    def predict(self, texts: Any) -> np.ndarray:
        """Return the most probable class of each text.

        Parameters
        ----------
        texts : iterable of str or bytes, or Documents

        Returns
        -------
        ndarray of shape (n_texts,)
            Of ``classes_``.

        Raises
        ------
        ValueError, TypeError
            As `decision_function`.
        """
        scores = self._scores(texts)
        best = (scores[:, 0] > 0).astype(np.intp) if scores.shape[1] == 1 else scores.argmax(axis=1)
        return self.classes_[best]

    def score(self, texts: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy on texts with labels.

        Parameters
        ----------
        texts : iterable of str or bytes, or Documents
        y : array of shape (n_texts,)
        sample_weight : array of shape (n_texts,) or None, default=None
            Weights, 0 or more. None is 1 for all.

        Returns
        -------
        float

        Raises
        ------
        ValueError, TypeError
            As `decision_function`; and if there are no texts, not as many labels or weights, or all weights are 0.
        """
        documents, y, weights = labelled(texts, y, sample_weight)
        if not len(y):
            raise ValueError("There are no texts to score.")
        if weights is not None and not 0.0 < sum_of(weights) < np.inf:
            raise ValueError("sample_weight must have a finite sum above 0.")
        return float(np.average(self.predict(documents) == y, weights=weights))

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
        from fastlr.text.sklearn_pipeline import pipeline_of

        return pipeline_of(self)
