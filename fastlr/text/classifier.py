"""A classifier of raw documents: hashing, weighting and a linear model in one object.

This is what the command line trains on documents. It imports neither scikit-learn nor, if Cython compiled the kernels,
Numba.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastlr.data.labels import (
    as_values,
    codes_of,
    encode_labels,
    find_classes,
    find_codes,
    join_classes,
    label_accuracy,
)
from fastlr.kernels.backend import resolve_backend
from fastlr.text.corpus import LabelledBatch, chunked
from fastlr.text.documents import Documents
from fastlr.text.feature_names import Sample, important_words
from fastlr.text.hasher import Hasher
from fastlr.text.labels import cut, labelled, labelled_tuple
from fastlr.text.parameters import LONGEST_NGRAMS, check_parameters, seed_of
from fastlr.text.predictor import TextPredictor, probabilities
from fastlr.utils.parallel import ordered_map

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from fastlr.text.known_columns import KnownColumns


class NotFittedError(ValueError, AttributeError):
    """Raised by a classifier that is not fitted: like scikit-learn's error of this name, without importing it."""


class TextClassifier:
    """Logistic regression on raw documents: trained, saved and loaded as one object.

    Words and n-grams of words, or of characters, are hashed to columns. A column has the value ``1 + log(count)``,
    times its inverse document frequency to the power of 1.25, and each row is divided by its length. Columns that occur
    in only one document are dropped if there are at least 10,000 documents, and in only two, if there are 30,000.

    A binary or softmax model is trained on these rows by a few epochs of SGD, and beside it another one without a tenth
    of the documents, which then measure its accuracy. The first two thirds of the epochs, without that tenth, serve
    both models. With 4,096 documents or more, two halves are trained on in these epochs, and their weights merged. The
    tenth also decides on the rate of the other epochs, and calibrates: the scores are multiplied by a number, and a
    number is added to those of each class, so that the probabilities fit the documents held out (Guo et al. 2017, "On
    calibration of modern neural networks").

    The methods are those of a scikit-learn classifier, but scikit-learn is not imported. See the guides on the command
    line, which trains this model, and on moving from fastText.

    Parameters
    ----------
    analyzer : {"word", "char", "char_wb", "whitespace"}, default="word"
        How documents are split. ``"word"`` makes n-grams of words: runs of letters and digits, as in "C++" with the "+"
        or "#" at their end; emoji, emoticons such as ":)", and the signs "!", "?", "[" and "|"; and, in scripts without
        spaces between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese), every single letter, two of which count as
        one word. ``"whitespace"`` makes n-grams of what is between white space. ``"char"`` makes n-grams of characters,
        and ``"char_wb"`` those that do not go beyond white space. All are lower-cased.
    ngrams : int or None, default=None
        Longest n-gram to use as a feature: 1 to ``ngrams`` words, or so many characters. With words, 1 is faster and
        somewhat less accurate. None is 2 words or 5 characters.
    n_features : int, default=2**22
        Number of columns to hash to. Only columns that occur in enough documents take memory in the model.
    penalty : {"l2", "l1", "elasticnet", None}, default="l2"
        Regularization. L1 and the elastic net give models with many zero weights.
    alpha : float or "auto", default="auto"
        Strength of the penalty. ``"auto"`` is ``1 / (100 * n)`` for ``n`` documents.
    C : float or None, default=None
        Strength of the penalty as in scikit-learn: ``alpha = 1 / (C * n)`` for ``n`` training documents. If given,
        ``alpha`` must be "auto". See the guide on choosing C.
    l1_ratio : float, default=0.15
        Share of L1 in the elastic net, 0 to 1.
    optimizer : {"sgd", "adagrad", "ftrl"}, default="sgd"
        Training algorithm. See the guide on learning rates.
    max_iter : int or None, default=None
        Number of epochs. None is 3 for more than 13,500 documents, and up to 12 for fewer.
    validation_fraction : float, default=0.1
        Fraction of the documents of each class to hold out of a first model, at least 0 and less than 1. With 0, or if
        there are too few documents to hold out any, nothing is validated and the probabilities are not calibrated.
    memory : int or None, default=None
        Limit on memory, in bytes. Under pressure fewer columns are kept, hashed rows are spilled to a temporary folder,
        and the held-out rows are capped at an eighth of the limit. None sets no limit.
    class_weight : dict, "balanced" or None, default=None
        Weight of each class, 1 for classes missing in the dict. ``"balanced"`` gives all classes the same total weight
        among all documents. The weights count in training and validation, times those of the documents.
    random_state : int, RandomState instance or None, default=0
        Seed of the held-out documents and of the order of the rows. None draws one from NumPy's global generator.
    n_threads : int or None, default=None
        Number of threads; None is one per processor. Results do not depend on it.
    backend : {None, "auto", "cython", "numba", "numpy"}, default=None
        Kernels to run; None follows `fastlr.get_backend`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Sorted labels.
    alpha_ : float
        Strength of the penalty that was used.
    validation_ : dict or None
        ``"accuracy"`` and ``"log_loss"`` on the documents of ``eval_set`` or, of the model trained without them, those
        held out; and their number, ``"n"``. None if there were none.
    n_iter_ : int
        Number of epochs.
    n_texts_ : int
        Number of documents passed to `fit`, including those held out.
    n_features_ : int
        Number of columns kept.
    words_ : dict
        The n-gram behind each of some features with large weights, by feature.
    data_columns_ : fastlr.text.known_columns.KnownColumns or None
        Columns of the file that ``fastlr train`` read, for which ``fastlr predict`` looks; None otherwise.

    Examples
    --------
    >>> from fastlr import TextClassifier
    >>> texts = ["good film", "bad film", "a good plot", "a bad plot"] * 5
    >>> model = TextClassifier(validation_fraction=0).fit(texts, ["+", "-", "+", "-"] * 5)
    >>> model.predict(["good music"]).tolist()
    ['+']
    """

    classes_: np.ndarray
    alpha_: float
    n_iter_: int
    n_texts_: int
    validation_: dict[str, float] | None
    words_: dict[int, str]
    data_columns_: KnownColumns | None
    _model: TextPredictor

    _PARAMETERS = (
        "analyzer", "ngrams", "n_features", "penalty", "alpha", "C", "l1_ratio", "optimizer", "max_iter",
        "validation_fraction", "memory", "class_weight", "random_state", "n_threads", "backend",
    )  # fmt: skip

    def __init__(
        self,
        *,
        analyzer: str = "word",
        ngrams: int | None = None,
        n_features: int = 2**22,
        penalty: str | None = "l2",
        alpha: float | str = "auto",
        C: float | None = None,
        l1_ratio: float = 0.15,
        optimizer: str = "sgd",
        max_iter: int | None = None,
        validation_fraction: float = 0.1,
        memory: int | None = None,
        class_weight: Mapping[Any, float] | str | None = None,
        random_state: int | np.random.RandomState | None = 0,
        n_threads: int | None = None,
        backend: str | None = None,
    ) -> None:
        self.analyzer = analyzer
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
        self.class_weight = class_weight
        self.random_state = random_state
        self.n_threads = n_threads
        self.backend = backend

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the state of a pickle; one of an older version lacks newer parameters, which have their defaults."""
        vars(self).update({**vars(TextClassifier()), **state})

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name; ``deep`` has no effect, and is there for scikit-learn."""
        return {name: getattr(self, name) for name in self._PARAMETERS}

    def set_params(self, **parameters: Any) -> TextClassifier:
        """Set parameters by name.

        Raises
        ------
        ValueError
            If there is no parameter of a name.
        """
        unknown = set(parameters) - set(self._PARAMETERS)
        if unknown:
            raise ValueError(
                f"TextClassifier has no parameters {sorted(unknown)}; its parameters are {', '.join(self._PARAMETERS)}."
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
        """Train on documents and their labels.

        Parameters
        ----------
        texts : iterable of str or bytes, or Documents
        y : array of shape (n_texts,)
            Labels of two or more classes: booleans, integers, whole floats, strings, bytes, dates or durations.
        sample_weight : float, array of shape (n_texts,) or None, default=None
            Weights of the documents in training and validation, 0 or more. None is 1 for all.
        eval_set : tuple (texts, y) or (texts, y, sample_weight), or None, default=None
            Documents to validate on and to calibrate by; None holds out ``validation_fraction`` of ``texts``.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter is out of range, ``texts``, ``y`` and ``sample_weight`` differ in length, a weight is
            negative or not finite, there is only one class, or ``eval_set`` is malformed or has a label that ``y``
            lacks.
        TypeError
            If a document is neither ``str`` nor ``bytes``.
        """
        documents, y, weights = labelled(texts, y, sample_weight)
        classes = find_classes(y)
        evaluation = None
        if eval_set is not None:
            others, own_y, own_weights = labelled_tuple("eval_set", eval_set)
            codes, known = find_codes(own_y, classes)
            if not known.all():
                raise ValueError(f"eval_set has labels that y lacks: {as_values(find_classes(own_y[~known])[:5])}.")
            evaluation = cut(others, codes.astype(np.int32), own_weights)
        return self.fit_batches(cut(documents, encode_labels(y, classes), weights), lambda: classes, evaluation)

    def fit_stream(self, batches: Iterable[tuple[Any, ...]]) -> TextClassifier:
        """Train on batches of documents and labels, from a generator for example.

        Each batch is hashed in a thread as it comes, and only its rows are kept, 8 bytes per entry.

        Parameters
        ----------
        batches : iterable of tuple (texts, y) or (texts, y, sample_weight)
            Documents without weights have the weight 1.

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
        classes = np.empty(0)

        def coded() -> Iterator[LabelledBatch]:
            nonlocal classes
            for number, batch in enumerate(batches):
                documents, y, weights = labelled_tuple(f"batch {number}", batch)
                try:
                    classes = join_classes(classes, y)
                except ValueError as error:
                    raise ValueError(f"batch {number}: {error}") from error
                yield from cut(documents, codes_of(y, classes), weights)

        return self.fit_batches(coded(), lambda: classes)

    def fit_batches(
        self,
        batches: Iterable[LabelledBatch],
        classes: Callable[[], Sequence[Any] | np.ndarray],
        evaluation: Iterable[LabelledBatch] | None = None,
    ) -> TextClassifier:
        """Train on batches of `Documents` with class codes, for callers that encode the labels themselves.

        Parameters
        ----------
        batches : iterable of tuple (Documents, ndarray) or (Documents, ndarray, ndarray or None)
            Documents, their class codes as int32 and, optionally, their weights.
        classes : callable
            Returns the labels by code; called after the last batch.
        evaluation : iterable of such tuples, or None
            Documents to validate on and to calibrate by, instead of holding some out.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            As `fit`.
        """
        check_parameters(self.get_params())
        # Imported here, because predicting needs nothing of it, and it takes 15 ms.
        from fastlr.text.document_source import DocumentSource
        from fastlr.training.penalty_search import search_penalty

        backend, n_threads = resolve_backend(self.backend), self._n_threads()
        longest = LONGEST_NGRAMS[self.analyzer] if self.ngrams is None else int(self.ngrams)
        hasher = Hasher(
            analyzer=self.analyzer, symbols=self.analyzer == "word", ngram_range=(1, longest),
            n_features=int(self.n_features), signed=False, weighting="log", norm=None, dtype=np.float32,
        )  # fmt: skip
        sample, random = Sample(), np.random.default_rng(seed_of(self.random_state))
        with DocumentSource(self.get_params(), hasher, classes, random, backend, n_threads) as source:
            best = search_penalty(
                source, sample.of(batches), evaluation, fraction=float(self.validation_fraction), random=random,
                n_threads=n_threads,
            )  # fmt: skip
        predictor = best.model.predictor
        words = important_words(predictor, best.n_rows, sample.terms(hasher, backend))
        # All at once, so that Ctrl-C leaves either the model there was or this one.
        vars(self).update(
            classes_=source.classes, alpha_=best.model.alpha, n_iter_=best.model.n_iter, validation_=best.scores,
            n_texts_=best.n_rows, data_columns_=None, _model=predictor, words_=words,
        )  # fmt: skip
        return self

    def _n_threads(self) -> int:
        return int(self.n_threads or os.cpu_count() or 1)

    @property
    def n_features_(self) -> int:
        """Number of columns kept."""
        return len(self._fitted().columns)

    def _fitted(self) -> TextPredictor:
        model = vars(self).get("_model")
        if model is None:
            raise NotFittedError("This TextClassifier is not fitted yet: call fit first.")
        return model

    def decision_function(self, texts: Any) -> np.ndarray:
        """Return the scores: log-odds of ``classes_[1]`` for two classes, otherwise the inputs of a softmax.

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
            If a document is neither ``str`` nor ``bytes``.
        """
        scores = self._scores(texts)
        return scores[:, 0] if scores.shape[1] == 1 else scores

    def _scores(self, texts: Any) -> np.ndarray:
        model, backend = self._fitted(), resolve_backend(self.backend)
        documents = Documents.from_texts(texts)

        def scores(chunk: Documents) -> np.ndarray:
            return model.scores(model.rows(chunk, backend), backend)

        chunks = list(chunked(documents))
        if len(chunks) <= 1:  # no need to start a thread
            return scores(documents)
        return np.concatenate(list(ordered_map(scores, chunks, self._n_threads())))

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
        return probabilities(self._scores(texts), resolve_backend(self.backend))

    def predict_log_proba(self, texts: Any) -> np.ndarray:
        """Return the logarithm of `predict_proba`, which stays finite where the probability underflows to 0.

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
        return probabilities(self._scores(texts), resolve_backend(self.backend), log=True)

    def predict(self, texts: Any) -> np.ndarray:
        """Return the most probable class of each document.

        Parameters
        ----------
        texts : iterable of str or bytes, or Documents

        Returns
        -------
        ndarray of shape (n_texts,)
            Labels from ``classes_``.

        Raises
        ------
        ValueError, TypeError
            As `decision_function`.
        """
        scores = self._scores(texts)
        best = (scores[:, 0] > 0).astype(np.intp) if scores.shape[1] == 1 else scores.argmax(axis=1)
        return self.classes_[best]

    def score(self, texts: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy on labelled documents.

        Parameters
        ----------
        texts : iterable of str or bytes, or Documents
        y : array of shape (n_texts,)
        sample_weight : float, array of shape (n_texts,) or None, default=None
            Weights, 0 or more. None is 1 for all.

        Returns
        -------
        float

        Raises
        ------
        ValueError, TypeError
            As `decision_function`. Also if there are no documents, the lengths differ, or all weights are 0.
        """
        documents, y, weights = labelled(texts, y, sample_weight)
        if not len(y):
            raise ValueError("There are no documents to score.")
        return label_accuracy(y, self.predict(documents), weights)

    def get_metadata_routing(self) -> Any:
        """Return scikit-learn's ``MetadataRequest``: which metadata `fit` and `score` request."""
        from fastlr.text.metadata_requests import requests_of

        return requests_of(self)

    def set_fit_request(self, **requests: bool | str | None) -> TextClassifier:
        """Request that meta-estimators of scikit-learn pass ``sample_weight`` or ``eval_set`` to `fit`.

        Parameters
        ----------
        **requests : bool, str or None
            By name: True requests the argument, False never passes it, None makes passing it an error, and a string
            requests it under that name.

        Returns
        -------
        self

        Raises
        ------
        RuntimeError
            Unless ``sklearn.set_config(enable_metadata_routing=True)`` was called.
        TypeError
            If `fit` has no such argument.
        """
        return self._set_request("fit", requests)

    def set_score_request(self, **requests: bool | str | None) -> TextClassifier:
        """Request that meta-estimators of scikit-learn pass ``sample_weight`` to `score`; see `set_fit_request`.

        Parameters
        ----------
        **requests : bool, str or None
            As for `set_fit_request`.

        Returns
        -------
        self

        Raises
        ------
        RuntimeError, TypeError
            As for `set_fit_request`.
        """
        return self._set_request("score", requests)

    def _set_request(self, method: str, requests: dict[str, bool | str | None]) -> TextClassifier:
        from fastlr.text.metadata_requests import set_requests

        set_requests(self, method, requests)
        return self

    def _repr_html_(self) -> str | None:
        """Return scikit-learn's diagram for notebooks; None if ``sklearn.set_config(display="text")`` was called."""
        from sklearn import get_config
        from sklearn.utils import estimator_html_repr

        return estimator_html_repr(self) if get_config()["display"] == "diagram" else None

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that this is a classifier of documents."""
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier", target_tags=TargetTags(required=True), classifier_tags=ClassifierTags(),
            input_tags=InputTags(two_d_array=False, string=True),
        )  # fmt: skip

    def to_sklearn(self) -> Pipeline:
        """Return a fitted scikit-learn pipeline that predicts the same: a vectorizer and a `LogisticRegression`.

        Unpickling the pipeline needs fastlr, because the vectorizer is part of it.

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
