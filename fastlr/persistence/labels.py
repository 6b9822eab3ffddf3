"""Labels of every kind as JSON values, for the manifest of a store and the header of a model file."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from fastlr.data.labels import as_labels, find_classes, kind_of

# The types of JSON values that stand for labels of a type; those of "object" are what they are.
NUMBERS: dict[str, type] = {
    "bool": bool,
    **{f"{sign}int{size}": int for sign in ("", "u") for size in (8, 16, 32, 64)},
    **{f"float{size}": float for size in (16, 32, 64)},
}
TEXTS = ("str", "string", "bytes", "object bytes")
TIMES = re.compile(r"(datetime64|timedelta64)(\[([1-9]\d{0,8})?(Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)\])?")


def labels_to_json(labels: np.ndarray) -> dict[str, Any]:
    """Return labels of a type that `fastlr.data.labels.as_labels` accepts as JSON values."""
    kind, values = labels.dtype.kind, labels.tolist()
    name = {"U": "str", "T": "string", "S": "bytes", "O": "object"}.get(kind, labels.dtype.name)
    if kind in "Mm":
        values = labels.astype(labels.dtype.newbyteorder("=")).view(np.int64).tolist()
    elif kind_of(labels) == "bytes":
        name = "object bytes" if kind == "O" else name
        values = [label.decode("latin-1") for label in values]
    return {"type": name, "values": values}


def labels_from_json(encoded: Any) -> np.ndarray:
    """Return the labels that `labels_to_json` encoded.

    Raises
    ------
    ValueError
        If it is malformed, or NumPy has no such type.
    """
    if not (isinstance(encoded, dict) and set(encoded) == {"type", "values"} and isinstance(encoded["values"], list)):
        raise ValueError("labels are malformed")
    values, name = encoded["values"], encoded["type"]
    is_time = isinstance(name, str) and TIMES.fullmatch(name) is not None
    types: tuple[type, ...]
    if name == "object":
        types = (bool, int, float, str)
    elif name in TEXTS:
        types = (str,)
    elif is_time:
        types = (int,)
    elif isinstance(name, str) and name in NUMBERS:
        types = (NUMBERS[name],)
    else:
        raise ValueError(f"labels have the unknown type {str(name)[:30]!r}")
    if not all(type(value) in types for value in values):
        raise ValueError(f"labels do not have the type {str(name)[:30]!r}")
    try:
        return as_labels(_array(values, name, is_time), "the array of labels")
    except (OverflowError, UnicodeEncodeError) as error:
        raise ValueError(f"a label is out of range for {name}") from error


def classes_from_json(encoded: Any) -> np.ndarray:
    """Return the classes that `labels_to_json` encoded, in their order.

    Raises
    ------
    ValueError
        As `labels_from_json`, and if there are no classes or one is repeated.
    """
    classes = labels_from_json(encoded)
    if not len(classes):
        raise ValueError("there are no classes")
    if len(find_classes(classes)) < len(classes):
        raise ValueError("a class is repeated")
    return classes


def _array(values: list[Any], name: str, is_time: bool) -> np.ndarray:
    if is_time:
        return np.array(values, np.int64).view(name)
    if name in ("bytes", "object bytes"):
        values = [value.encode("latin-1") for value in values]
    if name == "string":
        string = getattr(getattr(np, "dtypes", None), "StringDType", None)
        if string is None:
            raise ValueError(f"labels are of NumPy's StringDType, which NumPy {np.__version__} does not have")
        return np.array(values, string())
    if name in ("object", "object bytes"):
        array = np.empty(len(values), object)
        array[:] = values
        return array
    array = np.array(values, {"str": "U", "bytes": "S"}.get(name, name))
    if array.tolist() != values:  # NumPy 1 wraps around instead of raising
        raise ValueError(f"a label is out of range for {name}")
    return array
