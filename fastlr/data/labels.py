"""Labels of every kind as NumPy arrays, their classes, and the position of each label among the classes.

A label is a boolean, an integer, a whole float, a string, bytes, or a date or duration of NumPy. All labels of an array
have one of these types. Python's objects of these types, in arrays of dtype object, stay what they are: an integer of
any size is never rounded. Nullable and Arrow-backed columns become the arrays of NumPy that they stand for.
"""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral
from typing import Any

import numpy as np

from fastlr.utils.arrays import CHUNK_SIZE, chunked_slices, frozen
from fastlr.utils.sums import mean_of, sum_of

ACCEPTED = "booleans, integers, whole floats, strings, bytes, datetime64 or timedelta64"

# What messages call the kinds of NumPy types.
KINDS = {
    "b": "booleans", "i": "integers", "u": "integers", "f": "floats", "U": "strings", "T": "strings", "S": "bytes",
    "M": "datetime64", "m": "timedelta64",
}  # fmt: skip
NUMBERS = {"booleans", "integers", "floats"}

# Types of which no object is missing.
NEVER_MISSING = {bool, int, str, bytes, np.bool_, np.str_, np.bytes_, np.int64, np.int32}


def as_labels(y: Any, name: str = "y") -> np.ndarray:
    """Return labels as an array of an accepted type, of whatever shape; messages call it ``name``.

    Raises
    ------
    ValueError
        If there is no array of labels, a label is missing (None, NaN, NaT, NA or masked), or labels have several types
        or one that is not accepted.
    """
    _refuse_missing(_missing_in_container(y), name)
    array = _array_of_list(y) if isinstance(y, (list, tuple)) else np.asarray(y)
    if array.ndim == 0:
        raise ValueError(f"{name} should be a 1d array or a list of labels; got {type(y).__name__}.")
    if array.dtype.kind == "O":
        array = _check_objects(array, name)
    if array.dtype.kind in "fMm":
        _refuse_missing(np.isnan(array), name)
        if array.dtype in (np.dtype("M8"), np.dtype("m8")):  # Python cannot hash them
            raise _unknown_type(name, f"{KINDS[array.dtype.kind]} without a unit")
    elif array.dtype.kind == "T":
        _refuse_missing(map(_is_missing, array.ravel().tolist()), name)
    if array.dtype.kind == "f":
        strange = ~np.isfinite(array) | (array != np.floor(array))
        if strange.any():
            raise _unknown_type(name, f"the float {array[strange][0]}")
        if array.dtype.itemsize > 8:  # which no file holds
            array = _narrowed(array, name)
    elif array.dtype.kind not in {"O", *KINDS}:
        raise _unknown_type(name, str(array.dtype))
    return array


def _narrowed(array: np.ndarray, name: str) -> np.ndarray:
    """Return labels of extended precision as float64, which must be exact."""
    narrow = array.astype(np.float64)
    if (narrow != array).any():
        raise _unknown_type(name, f"{array.dtype} beyond float64")
    return narrow


def _unknown_type(name: str, found: str) -> ValueError:
    return ValueError(f"Unknown label type: {name} contains {found}. Labels must be {ACCEPTED}.")


def _refuse_missing(missing: Iterable[Any], name: str) -> None:
    places = np.flatnonzero(missing if isinstance(missing, np.ndarray) else np.fromiter(missing, bool))
    if len(places):
        raise ValueError(
            f"{name} has {len(places)} missing label{'s' * (len(places) > 1)} (None, NaN, NaT, NA or masked), the "
            f"first at {name}[{places[0]}]. Leave out rows without a label."
        )


def _missing_in_container(y: Any) -> np.ndarray:
    """Return which labels a masked array, or a column of pandas, Polars or PyArrow, says are missing."""
    if isinstance(y, np.ndarray) and hasattr(y, "mask"):
        return np.broadcast_to(y.mask, y.shape)
    for method in ("isna", "is_null"):
        if callable(getattr(y, method, None)):
            return np.asarray(getattr(y, method)())
    return np.zeros(0, bool)


def _is_missing(label: Any) -> bool:
    if label is None or type(label).__name__ in ("NAType", "MaskedConstant"):
        return True
    try:
        return bool(label != label)
    except (TypeError, ValueError):  # an array, for example
        return False


def _array_of_list(labels: list[Any] | tuple[Any, ...]) -> np.ndarray:
    """Return the labels of a list as the array that NumPy makes of them, or as objects if NumPy would change them."""
    types = set(map(type, labels))
    if types & {list, tuple, np.ndarray}:
        return np.asarray(labels)  # of more dimensions
    kinds = {_kind(each) for each in types}
    if len(kinds) <= 1 or kinds <= NUMBERS:
        array = np.asarray(labels)
        if array.dtype.kind in "US":
            changed = any(label[-1:] in ("\0", b"\0") for label in labels)  # NumPy drops the zeros
        else:
            changed = array.dtype.kind == "f" and ("floats" not in kinds or array.tolist() != list(labels))
        if not changed:
            return array
    objects = np.empty(len(labels), object)
    objects[:] = labels
    return objects


def _kind(kind: type) -> str:
    """Return what messages call a type of Python or NumPy; its name if it is not accepted."""
    for name, types in (
        ("booleans", (bool, np.bool_)),
        ("timedelta64", np.timedelta64),  # before the integers, of which it is one to NumPy
        ("integers", Integral),
        ("floats", (float, np.floating)),
        ("strings", str),
        ("bytes", bytes),
        ("datetime64", np.datetime64),
    ):
        if issubclass(kind, types):
            return name
    return kind.__name__


def _check_objects(array: np.ndarray, name: str) -> np.ndarray:
    """Return objects of one accepted type; dates and durations as an array of their own type."""
    labels = array.ravel().tolist()
    types = set(map(type, labels))
    if not types <= NEVER_MISSING:
        _refuse_missing(map(_is_missing, labels), name)
    kinds = {_kind(each) for each in types}
    strange = sorted(kinds - set(KINDS.values()))
    if strange:
        raise _unknown_type(name, ", ".join(strange))
    if len(kinds) > 1 and not kinds <= NUMBERS:
        raise ValueError(
            f"{name} contains labels of several types: {', '.join(sorted(kinds))}. Use labels of one type."
        )
    if "floats" in kinds:
        fractions = [label for label in labels if isinstance(label, (float, np.floating)) and label % 1 != 0]
        if fractions:
            raise _unknown_type(name, f"the float {fractions[0]}")
    if kinds <= {"datetime64", "timedelta64"}:
        return np.array(labels).reshape(array.shape)
    if kinds > {"booleans"}:  # as NumPy counts them among other numbers
        labels = [int(label) if isinstance(label, (bool, np.bool_)) else label for label in labels]
    elif not any(issubclass(each, np.generic) for each in types):
        return array
    plain = np.empty(len(labels), object)
    plain[:] = [label.item() if isinstance(label, np.generic) else label for label in labels]
    return plain.reshape(array.shape)


def kind_of(labels: np.ndarray) -> str:
    """Return what messages call the kind of labels, one of ``KINDS`` if `as_labels` returned them."""
    if labels.dtype.kind != "O":
        return KINDS[labels.dtype.kind]
    kinds = {_kind(kind) for kind in set(map(type, labels.tolist()))}
    return kinds.pop() if len(kinds) == 1 else "floats" if kinds <= NUMBERS else "objects"


def as_values(classes: np.ndarray) -> list[Any]:
    """Return classes as a list of values that can be keys of a dict: Python's, but for dates and durations."""
    return list(classes) if classes.dtype.kind in "Mm" else classes.tolist()


def find_classes(y: np.ndarray) -> np.ndarray:
    """Return the sorted distinct labels; ``y`` is sorted in chunks."""
    classes = np.unique(y[:CHUNK_SIZE])
    for chunk in chunked_slices(len(y)):
        classes = np.union1d(classes, y[chunk])
    return classes


def _comparable(y: np.ndarray, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return labels and classes in types that NumPy compares exactly; None if they are never equal."""
    kinds = {kind_of(y), kind_of(classes)}
    if len(kinds) > 1 and not kinds <= NUMBERS:
        return None
    if {y.dtype.kind, classes.dtype.kind} == {"i", "u"} and np.result_type(y, classes).kind == "f":
        # NumPy searches int64 among uint64 as floats.
        return y.astype(object), classes.astype(object)
    return y, classes


def encode_labels(y: np.ndarray, classes: np.ndarray, name: str = "y") -> np.ndarray:
    """Return each label's position in the sorted ``classes``, read-only int32.

    Raises
    ------
    ValueError
        If a label is not among the classes.
    """
    codes = np.empty(len(y), np.int32)
    for chunk in chunked_slices(len(y)):
        codes[chunk], known = find_codes(y[chunk], classes)
        if not known.all():
            raise ValueError(
                f"{name} contains labels that are not in classes: {as_values(np.unique(y[chunk][~known]))}; "
                f"classes are {as_values(classes)}."
            )
    return frozen(codes)


def join_classes(classes: np.ndarray | None, y: np.ndarray) -> np.ndarray:
    """Return the classes so far, in their order, followed by the new labels of ``y``, sorted.

    Raises
    ------
    ValueError
        If they have different types.
    """
    new = find_classes(y) if len(y) else y[:0]
    if classes is None or not len(classes):
        return new
    if not len(new):
        return classes
    if kind_of(classes) != kind_of(new):
        raise ValueError(f"y contains {kind_of(new)}, but the labels so far are {kind_of(classes)}.")
    if {classes.dtype.kind, new.dtype.kind} == {"i", "u"} and np.result_type(classes, new).kind == "f":
        raise ValueError(
            f"y contains {new.dtype}, which has no integer type in common with {classes.dtype}, the type so far."
        )
    return np.concatenate([classes, np.setdiff1d(new, classes)])


def codes_of(y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the position of each label in ``classes``, which need not be sorted, as int32."""
    order = np.argsort(classes, kind="stable")
    return order.astype(np.int32)[encode_labels(y, classes[order])]


def label_accuracy(y: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the weighted share of labels that were predicted.

    Raises
    ------
    ValueError
        If the sum of the weights is 0 or not finite.
    """
    if weights is not None and not 0.0 < sum_of(weights) < np.inf:
        raise ValueError("sample_weight must have a finite sum above 0.")
    comparable = _comparable(y, predicted)
    return 0.0 if comparable is None else mean_of(np.equal(*comparable), weights)


def find_codes(y: np.ndarray, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each label's position in the sorted ``classes``, and whether it is among them."""
    comparable = _comparable(y, classes)
    if comparable is None or not len(classes):
        return np.zeros(len(y), np.intp), np.zeros(len(y), bool)
    y, classes = comparable
    found = np.minimum(np.searchsorted(classes, y), len(classes) - 1)
    return found, np.asarray(classes[found] == y)
