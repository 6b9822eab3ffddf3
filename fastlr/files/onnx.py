"""ONNX: models for the runtimes of other languages, by skl2onnx and ``pip install 'fastlr[onnx]'``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import scipy.sparse as sp

from fastlr.persistence import tensor_file
from fastlr.text.classifier import TextClassifier

if TYPE_CHECKING:
    from fastlr.linear_model.base import LinearClassifier

# Old enough for runtimes of 2021; the operators, of ONNX's first set for machine learning, are no different since.
OPSET = 15

# Protocol buffers end before 2^31 bytes; the rest of a model is its labels.
MAX_BYTES = 2**31 - 2**24


def write_onnx(model: LinearClassifier | TextClassifier, path: str | os.PathLike[str]) -> None:
    """Write a fitted model for ONNX runtimes.

    Its input ``X`` is a dense float32 matrix of shape (n_rows, n_features); its outputs are ``label``, strings or
    int64, and ``probabilities``, float32 of shape (n_rows, n_classes), in the order of ``classes_``. They are computed
    in float32 from weights in float32.

    Of a `TextClassifier` it is the linear part, for ONNX has no operator that hashes words: ``X`` are the rows that the
    first step of `fastlr.TextClassifier.to_sklearn` makes of texts, and ``fastlr convert DATA rows.svm --model MODEL``.

    Parameters
    ----------
    model : SGDClassifier, LogisticRegression, LogisticRegressionCV or TextClassifier
    path : str or path

    Raises
    ------
    ImportError
        If skl2onnx is not there.
    ValueError
        If the labels are neither strings nor integers, or the weights are too many for a file of ONNX, 2 GB.
    sklearn.exceptions.NotFittedError
        Before `fit`; of a `TextClassifier` a ValueError.
    OSError
        If the file cannot be written.
    """
    try:
        from skl2onnx import to_onnx
        from skl2onnx.common.data_types import FloatTensorType
    except ImportError as error:
        raise ImportError("ONNX needs skl2onnx: pip install 'fastlr[onnx]'.") from error
    linear = model.to_sklearn()
    if isinstance(model, TextClassifier):
        linear = linear[-1]
    _check_labels(linear.classes_.tolist())
    n_features = linear.n_features_in_
    # Two classes have weights for both in ONNX.
    n_bytes = 4 * n_features * len(linear.classes_)
    if n_bytes > MAX_BYTES:
        raise ValueError(
            f"ONNX files hold {MAX_BYTES:,} bytes of weights at most, and {n_features:,} features of "
            f"{len(linear.classes_):,} classes take {n_bytes:,}."
        )
    if sp.issparse(linear.coef_):
        linear.densify()
    graph = to_onnx(
        linear,
        name="fastlr",
        initial_types=[("X", FloatTensorType([None, n_features]))],
        options={"zipmap": False},  # probabilities as a matrix, not as a list of maps
        target_opset=OPSET,
    )
    graph.doc_string = _described(model, n_features)
    with tensor_file.replacing(path) as file:
        file.write(graph.SerializeToString())


def write(path: str, model: LinearClassifier | TextClassifier) -> None:
    """Write a fitted model, as the registry of formats calls it."""
    write_onnx(model, path)


def _check_labels(labels: list[Any]) -> None:
    # skl2onnx cuts the decimals off.
    strange = [label for label in labels if not isinstance(label, (str, int)) and not float(label).is_integer()]
    if strange:
        raise ValueError(f"Labels of ONNX are strings or integers, and {strange[0]!r} is neither.")
    large = [label for label in labels if not isinstance(label, str) and not -(2**63) <= label < 2**63]
    if large:
        raise ValueError(f"Labels of ONNX that are integers are of 64 bits, and {large[0]!r} is larger.")


def _described(model: LinearClassifier | TextClassifier, n_features: int) -> str:
    if isinstance(model, TextClassifier):
        return (
            f"The linear part of a fastlr.TextClassifier. X: rows over its {n_features} hashed columns, as made by "
            "model.to_sklearn()[0].transform(texts), or by fastlr convert DATA rows.svm --model MODEL."
        )
    return f"A fastlr.{type(model).__name__} of {n_features} features."
