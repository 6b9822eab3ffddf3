"""ONNX: models for other languages and runtimes, written by skl2onnx (``pip install 'fastlr[onnx]'``)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import scipy.sparse as sp

from fastlr.data.labels import as_values
from fastlr.persistence import tensor_file
from fastlr.text.classifier import TextClassifier

if TYPE_CHECKING:
    from fastlr.linear_model.base import LinearClassifier

# Supported by runtimes since 2021. The operators used are from ONNX's first machine-learning set, and have not changed.
OPSET = 15

# Protocol buffers are limited to 2^31 bytes; this leaves room for the labels.
MAX_BYTES = 2**31 - 2**24


def write_onnx(model: LinearClassifier | TextClassifier, path: str | os.PathLike[str]) -> None:
    """Write a fitted model for ONNX runtimes.

    The input ``X`` is a dense float32 matrix of shape (n_rows, n_features). The outputs are ``label``, strings or
    int64, and ``probabilities``, float32 of shape (n_rows, n_classes), in the order of ``classes_``, computed in
    float32.

    ONNX has no operator that hashes words, so only the linear part of a `TextClassifier` is written. Its ``X`` are the
    rows that the first step of `fastlr.TextClassifier.to_sklearn` computes from documents, or ``fastlr convert DATA
    rows.svm --model MODEL``.

    Parameters
    ----------
    model : SGDClassifier, LogisticRegression, LogisticRegressionCV or TextClassifier
    path : str or path

    Raises
    ------
    ImportError
        If skl2onnx is not installed.
    ValueError
        If the labels are neither strings nor integers, or the weights exceed ONNX's limit of 2 GB.
    sklearn.exceptions.NotFittedError
        If the model is not fitted; ValueError for a `TextClassifier`.
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
    _check_labels(as_values(linear.classes_))
    n_features = linear.n_features_in_
    # ONNX has weights for both classes, even if there are only two.
    n_bytes = 4 * n_features * len(linear.classes_)
    if n_bytes > MAX_BYTES:
        raise ValueError(
            f"ONNX files can hold {MAX_BYTES:,} bytes of weights; {n_features:,} features and "
            f"{len(linear.classes_):,} classes need {n_bytes:,}."
        )
    if sp.issparse(linear.coef_):
        linear.densify()
    graph = to_onnx(
        linear,
        name="fastlr",
        initial_types=[("X", FloatTensorType([None, n_features]))],
        options={"zipmap": False},  # a matrix of probabilities instead of a list of maps
        target_opset=OPSET,
    )
    graph.doc_string = _described(model, n_features)
    with tensor_file.replacing(path) as file:
        file.write(graph.SerializeToString())


def write(path: str, model: LinearClassifier | TextClassifier) -> None:
    """Write a fitted model, as the registry of formats calls it."""
    write_onnx(model, path)


def _check_labels(labels: list[Any]) -> None:
    # skl2onnx would truncate other numbers.
    strange = [
        label
        for label in labels
        if not (isinstance(label, (str, int)) or (isinstance(label, float) and label % 1 == 0))
    ]
    if strange:
        raise ValueError(f"ONNX labels must be strings or integers; found {strange[0]!r}.")
    large = [label for label in labels if not isinstance(label, str) and not -(2**63) <= label < 2**63]
    if large:
        raise ValueError(f"ONNX labels that are integers must fit into 64 bits; found {large[0]!r}.")


def _described(model: LinearClassifier | TextClassifier, n_features: int) -> str:
    if isinstance(model, TextClassifier):
        return (
            f"The linear part of a fastlr.TextClassifier. X: rows over its {n_features} hashed columns, as computed by "
            "model.to_sklearn()[0].transform(documents), or by fastlr convert DATA rows.svm --model MODEL."
        )
    return f"A fastlr.{type(model).__name__} with {n_features} features."
