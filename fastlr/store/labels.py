"""The labels of a store: codes in its shards, and their classes as JSON in its manifest.

Codes number the classes in order of first appearance, so that a class that comes later changes no shard.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fastlr.data.validation import encode_labels, find_classes

# Kinds of NumPy types, as messages name them.
KINDS = {"b": "booleans", "i": "integers", "u": "integers", "f": "floats", "U": "strings", "O": "strings"}


def check_labels(y: Any, n_samples: int) -> np.ndarray:
    """Return labels as a one-dimensional array of booleans, integers, whole floats or strings.

    Raises
    ------
    ValueError
        If they have another type or shape.
    """
    y = np.asarray(y)
    if y.ndim != 1 or len(y) != n_samples:
        raise ValueError(f"y must have one label for each of {n_samples} rows; found an array of shape {y.shape}.")
    if y.dtype.kind not in KINDS:
        raise ValueError(f"y must contain booleans, integers, whole floats or strings; found {y.dtype}.")
    if y.dtype.kind == "O" and not all(isinstance(label, str) for label in y):
        found = next(label for label in y if not isinstance(label, str))
        raise ValueError(f"y with dtype object must contain strings; found {found!r}.")
    if y.dtype.kind == "f" and not (np.isfinite(y).all() and (y == np.floor(y)).all()):
        found = y[~(np.isfinite(y) & (y == np.floor(y)))][0]
        raise ValueError(f"Float labels must be whole numbers; y contains {found}.")
    return y


def join_classes(classes: np.ndarray | None, y: np.ndarray) -> np.ndarray:
    """Return the classes so far, followed by the new labels of ``y``, sorted.

    Raises
    ------
    ValueError
        If they have different types.
    """
    new = find_classes(y) if len(y) else y[:0]
    if classes is None:
        return new
    if KINDS[classes.dtype.kind] != KINDS[new.dtype.kind]:
        raise ValueError(f"y contains {KINDS[new.dtype.kind]}, but the labels so far are {KINDS[classes.dtype.kind]}.")
    joined = np.concatenate([classes, np.setdiff1d(new, classes)])
    if KINDS[joined.dtype.kind] != KINDS[classes.dtype.kind]:  # int64 and uint64 make float64
        raise ValueError(
            f"y contains {new.dtype}, which has no integer type in common with {classes.dtype}, the type so far."
        )
    return joined


def codes_of(y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the position of each label in ``classes``, which need not be sorted, as int32."""
    order = np.argsort(classes, kind="stable")
    return order.astype(np.int32)[encode_labels(y, classes[order])]


def classes_to_json(classes: np.ndarray) -> dict[str, Any]:
    """Return classes as JSON values."""
    kind = classes.dtype.kind
    return {"type": {"U": "str", "O": "object"}.get(kind, classes.dtype.name), "values": classes.tolist()}


def classes_from_json(encoded: Any) -> np.ndarray:
    """Return the classes that `classes_to_json` encoded.

    Raises
    ------
    ValueError
        If it is malformed.
    """
    if not (isinstance(encoded, dict) and set(encoded) == {"type", "values"} and isinstance(encoded["values"], list)):
        raise ValueError("the classes are malformed")
    values, name = encoded["values"], encoded["type"]
    types = {"str": str, "object": str, "bool": bool}
    types |= {f"{sign}int{size}": int for sign in ("", "u") for size in (8, 16, 32, 64)}
    types |= {f"float{size}": float for size in (16, 32, 64)}
    if not isinstance(name, str) or name not in types or not all(type(value) is types[name] for value in values):
        raise ValueError(f"the classes do not have the type {str(name)[:20]!r}")
    try:
        classes = np.array(values, dtype=name if values or name != "str" else "U1")
    except OverflowError as error:
        raise ValueError(f"a class is out of range for {name}") from error
    if types[name] is int and classes.tolist() != values:  # NumPy 1 wraps around instead of raising
        raise ValueError(f"a class is out of range for {name}")
    if len(set(classes.tolist())) < len(values) or not (classes.dtype.kind != "f" or np.isfinite(classes).all()):
        raise ValueError("a class is repeated, or not finite")
    return classes
