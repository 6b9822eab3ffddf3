"""Model files, which are loaded without running code: `save` and `load`.

A file holds the name of a class, its parameters, its fitted attributes and, between calls of ``partial_fit``, the state
of the training, as JSON and arrays (`fastlr.persistence.encoding`, `fastlr.persistence.tensor_file`). `load` only
accepts the classes below, parameters that pass their validation, and attributes with the names and types below.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils.validation import check_is_fitted

import fastlr
from fastlr.data.row_scale import RowScale
from fastlr.files import text_model
from fastlr.linear_model.base import LinearClassifier
from fastlr.linear_model.logistic_regression import LogisticRegression
from fastlr.linear_model.logistic_regression_cv import LogisticRegressionCV
from fastlr.linear_model.sgd_classifier import SGDClassifier
from fastlr.persistence import tensor_file
from fastlr.persistence.encoding import Decoder, Encoder
from fastlr.text.classifier import TextClassifier
from fastlr.utils.arrays import chunked_slices

# Increased when older versions of fastlr would misread new files; older formats stay readable.
FORMAT_VERSION = 1


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_name(value: Any) -> bool:
    return isinstance(value, str)


def _is_array(value: Any, kinds: str = "biuf") -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in kinds


def _is_matrix(value: Any) -> bool:
    return sp.issparse(value) or _is_array(value)


def _is_vector(value: Any) -> bool:
    return _is_array(value, "biufUOSTMm") and value.ndim == 1


def _is_counts(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_number(count) and count >= 0 for count in value.values())


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(name, str) and _is_array(column) and column.ndim == 1 for name, column in value.items()
    )


Checks = dict[str, Callable[[Any], bool]]

_COMMON: Checks = {
    "classes_": _is_vector,
    "n_features_in_": _is_count,
    "feature_names_in_": _is_vector,
    "backend_": _is_name,
}

_EXACT: Checks = {
    **_COMMON,
    "coef_": _is_matrix,
    "intercept_": _is_array,
    "C_": _is_number,
    "n_iter_": _is_array,
    "converged_": _is_flag,
    "duality_gap_": _is_number,
    "objective_": _is_number,
    "dual_objective_": _is_number,
    "solver_": _is_name,
    "history_": _is_table,
}

# The attributes that a file may hold, by class, and a test for the value of each.
ATTRIBUTES: dict[type[LinearClassifier], Checks] = {
    SGDClassifier: {
        **_COMMON,
        "_coef": _is_matrix,
        "_intercept": _is_array,
        "n_iter_": _is_count,
        "t_": _is_count,
        "alpha_": _is_number,
        "l1_ratio_": _is_number,
        "_l1": _is_number,
        "_l2": _is_number,
        "_scale": lambda value: isinstance(value, RowScale) and all(map(_is_number, dataclasses.astuple(value))),
        "_coherence": lambda value: (
            value is None or (isinstance(value, tuple) and len(value) == 2 and all(map(_is_number, value)))
        ),
        "_n_calls": _is_count,
        "_class_mass": _is_counts,
        "history_": _is_table,
        "best_epoch_": _is_count,
        "best_loss_": _is_number,
        "validation_indices_": _is_vector,
        "_seed": _is_count,
    },
    LogisticRegression: _EXACT,
    LogisticRegressionCV: {
        **_EXACT,
        "l1_ratio_": _is_number,
        "Cs_": _is_array,
        "l1_ratios_": _is_array,
        "scores_": _is_array,
        "coefs_paths_": _is_array,
    },
}

CLASSES = {cls.__name__: cls for cls in ATTRIBUTES}


def save(model: LinearClassifier | TextClassifier, path: str | os.PathLike[str]) -> None:
    """Save a fitted model to a file, which `load` reads without running code.

    The file has the safetensors format: arrays, and a JSON header with all parameters and fitted attributes, both with
    checksums. Mostly zero weights, and those of `sparsify`, are stored sparse. The state of an unfinished training by
    ``partial_fit`` is saved too, so that ``partial_fit`` continues after loading as it would have without.

    The file is replaced atomically: a crash leaves the old file or the new one.

    Parameters
    ----------
    model : SGDClassifier, LogisticRegression, LogisticRegressionCV or TextClassifier
    path : str or path

    Raises
    ------
    TypeError
        If ``model`` has another class, or a parameter or attribute cannot be saved without code, such as a function.
    ValueError
        If a parameter or attribute has an invalid value, such as weights that are NaN.
    sklearn.exceptions.NotFittedError
        If the model is not fitted.
    OSError
        If the file cannot be written.

    See Also
    --------
    load : Load a model.

    Examples
    --------
    >>> import os, tempfile, fastlr
    >>> model = fastlr.LogisticRegression().fit([[0.0], [1.0]], ["-", "+"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     fastlr.save(model, os.path.join(folder, "model.safetensors"))
    ...     again = fastlr.load(os.path.join(folder, "model.safetensors"))
    >>> again
    LogisticRegression()
    >>> again.predict([[0.9]])
    array(['+'], dtype='<U1')
    """
    if isinstance(model, TextClassifier):
        text_model.save(model, path)
        return
    if type(model) not in ATTRIBUTES:
        found = type(model).__name__
        hint = " Save the final estimator and rebuild the other steps when loading." if hasattr(model, "steps") else ""
        raise TypeError(f"model must be one of {', '.join(CLASSES)}, TextClassifier; found {found}.{hint}")
    check_is_fitted(model)
    encoder = Encoder()
    parameters = model.get_params(deep=False)
    training = model._training_state()
    attributes = {name: value for name, value in vars(model).items() if name not in parameters}
    for name in ("_optimizer", "_optimizer_config", "_skl_callbacks", *(("_coef", "_intercept") if training else ())):
        attributes.pop(name, None)
    header = {
        "kind": "model",
        "format": FORMAT_VERSION,
        "fastlr": fastlr.__version__,
        "class": type(model).__name__,
        "parameters": {name: encoder.encode(value, name) for name, value in parameters.items()},
        "attributes": {name: encoder.encode(value, name) for name, value in attributes.items()},
        "training": encoder.encode(training, "training"),
    }
    # Refuse to write a file that load would refuse to read.
    _check_names(type(model), attributes)
    _build(type(model), {**header, "training": None}, Decoder(encoder.tensors), training is not None)
    tensor_file.write(path, header, encoder.tensors)


def load(path: str | os.PathLike[str], *, mmap: bool = False, verify: bool = True) -> LinearClassifier | TextClassifier:
    """Load a model that `save` wrote, without running code.

    Parameters
    ----------
    path : str or path
    mmap : bool, default=False
        Whether to memory-map the weights as read-only arrays: they are loaded as they are used, and shared by all
        processes that load the file. Dense weights that are stored sparse, and the state of an unfinished training, are
        loaded into memory anyway. Do not modify the file while it is in use; replacing it with `save` is safe.
    verify : bool, default=True
        Whether to check the checksum of the arrays, and that all weights are finite, which reads the whole file. With
        ``verify=False`` a memory-mapped file of any size loads at once. The header is always checked.

    Returns
    -------
    SGDClassifier, LogisticRegression, LogisticRegressionCV or TextClassifier
        With all parameters and fitted attributes; NumPy numbers become Python numbers.

    Raises
    ------
    ValueError
        If the file is truncated, damaged, was written by a newer version, or is not a model file.
    OSError
        If it cannot be read.

    See Also
    --------
    save : Save a model, with an example.
    """
    return from_parts(path, *tensor_file.read(path, mmap, verify), verify)


def from_parts(
    path: str | os.PathLike[str], header: dict[str, Any], tensors: dict[str, np.ndarray], verify: bool = True
) -> LinearClassifier | TextClassifier:
    """Return the model in the header and arrays of a file; see `load`."""
    if header.get("kind") == text_model.KIND:
        return text_model.from_parts(path, header, tensors, verify)
    try:
        decoder = Decoder(tensors)
        if header.get("kind") != "model":
            raise ValueError(f"its kind is {str(header.get('kind'))[:100]!r}, not 'model'")
        if type(header.get("format")) is not int or not 1 <= header["format"] <= FORMAT_VERSION:
            found, writer = (str(header.get(name))[:100] for name in ("format", "fastlr"))
            raise ValueError(
                f"its format is {found}, written by fastlr {writer}; this version reads formats 1 to {FORMAT_VERSION}"
            )
        name = header.get("class")
        cls = CLASSES.get(name) if isinstance(name, str) else None
        if cls is None:
            raise ValueError(f"its class {str(name)[:100]!r} is not one of {', '.join(CLASSES)}")
        model = _build(cls, header, decoder, header.get("training") is not None, look=verify)
        training = decoder.decode(header.get("training"))
        if training is not None:
            model._resume_training(training)
        if decoder.unused:
            raise ValueError(f"it contains unused arrays: {sorted(decoder.unused)[:5]}")
    except (ValueError, RecursionError, MemoryError) as error:
        raise ValueError(
            f"{os.fspath(path)!r} is not a model that fastlr {fastlr.__version__} can load: {error}."
        ) from error
    return model


def _build(
    cls: type[LinearClassifier], header: dict[str, Any], decoder: Decoder, in_training: bool, look: bool = True
) -> LinearClassifier:
    """Return the model in a header, checked, without the state of an unfinished training."""
    parts = []
    for part in ("parameters", "attributes"):
        if not isinstance(header.get(part), dict):
            raise ValueError(f"its {part} must be an object")
        parts.append({name: decoder.decode(value) for name, value in header[part].items()})
    parameters, attributes = parts
    unknown = set(parameters) - set(cls._get_param_names())
    if unknown:
        raise ValueError(f"{cls.__name__} has no parameters {sorted(unknown)[:5]}")
    model = cls(**parameters)
    model._validate_params()
    _check_names(cls, attributes)
    for name, value in attributes.items():
        if not ATTRIBUTES[cls][name](value):
            raise ValueError(f"{name} has the wrong type, {type(value).__name__}")
    model.__dict__.update(attributes)
    _check_fitted(model, in_training, look)
    return model


def _check_names(cls: type[LinearClassifier], attributes: dict[str, Any]) -> None:
    unknown = set(attributes) - set(ATTRIBUTES[cls])
    if unknown:
        raise ValueError(f"model files of {cls.__name__} cannot hold the attributes {sorted(unknown)[:5]}")


def _check_fitted(model: LinearClassifier, in_training: bool, look: bool) -> None:
    """Raise ValueError if fitted attributes are missing or inconsistent."""
    weights = ("_coef", "_intercept") if isinstance(model, SGDClassifier) else ("coef_", "intercept_")
    for name in ("classes_", "n_features_in_", "backend_", *(() if in_training else weights)):
        if name not in vars(model):
            raise ValueError(f"the attribute {name} is missing")
    classes, n_features = model.classes_, model.n_features_in_
    if len(classes) < 2 or not (classes[1:] > classes[:-1]).all():
        raise ValueError("classes_ must be at least two different labels, sorted")
    names = getattr(model, "feature_names_in_", None)
    if names is not None and (names.dtype.kind != "O" or len(names) != n_features):
        raise ValueError(f"feature_names_in_ must be {n_features} strings")
    if in_training:
        return
    coef, intercept = model._checked_weights(n_features)
    values = coef.data if sp.issparse(coef) else coef.T
    if look and not all(
        np.isfinite(part[piece]).all() for part in (values, intercept) for piece in chunked_slices(len(part))
    ):
        raise ValueError("coef_ or intercept_ contains NaN or infinity")
