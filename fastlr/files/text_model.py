"""Model files of `TextClassifier`: its hashing, its columns and their weights, and some of the words behind them.

As in `fastlr.files.model`, a file contains no code. Loading one does not import scikit-learn.
"""

from __future__ import annotations

import dataclasses
import os
from typing import Any

import numpy as np

import fastlr
from fastlr.persistence import tensor_file
from fastlr.persistence.labels import classes_from_json, labels_to_json
from fastlr.text.classifier import TextClassifier
from fastlr.text.column_selection import Columns
from fastlr.text.hasher import Hasher
from fastlr.text.known_columns import KnownColumns
from fastlr.text.parameters import check_parameters
from fastlr.text.predictor import TextPredictor
from fastlr.utils.arrays import chunked_slices, frozen

KIND = "text model"

# Increased when older versions of fastlr would misread new files; older formats stay readable.
FORMAT_VERSION = 2  # the hasher has ``symbols``; without it, words are runs of letters

# Types of labels that JSON can hold.
LABELS = {str, int, float, bool}

TYPES = {
    "kept": np.int32, "column_weights": np.float32, "weights": np.float32, "intercept": np.float64,
    "word_places": np.int32, "word_bytes": np.uint8, "word_ends": np.int64,
}  # fmt: skip


def save(model: TextClassifier, path: str | os.PathLike[str]) -> None:
    """Save a fitted model; see `fastlr.save`."""
    # Imported here, because predicting needs nothing of it.
    from fastlr.persistence.encoding import Encoder

    linear, encoder = model._fitted(), Encoder()
    hasher = {field.name: getattr(linear.hasher, field.name) for field in dataclasses.fields(linear.hasher)}
    del hasher["marks"]  # which belong to the words of every model
    hasher["dtype"] = np.dtype(hasher["dtype"]).name
    hasher["stop_words"] = None if hasher["stop_words"] is None else sorted(hasher["stop_words"])
    header = {
        "kind": KIND,
        "format": FORMAT_VERSION,
        "fastlr": fastlr.__version__,
        "parameters": {name: encoder.encode(value, name) for name, value in model.get_params().items()},
        "hasher": hasher,
        "classes": _classes_to_json(model.classes_),
        "alpha": float(model.alpha_),
        "n_iter": int(model.n_iter_),
        "validation": model.validation_,
        "n_texts": int(model.n_texts_),
        "idf_power": linear.columns.power,
    }
    if model.data_columns_ is not None:
        header["data_columns"] = model.data_columns_.as_dict()
    words = {place: word.encode() for place, word in sorted(model.words_.items())}
    tensors = {
        "kept": linear.columns.kept,
        "column_weights": linear.columns.weights,
        "weights": linear.weights,
        "intercept": linear.intercept,
        "word_places": np.fromiter(words, np.int32, len(words)),
        "word_bytes": np.frombuffer(b"".join(words.values()), np.uint8),
        "word_ends": np.cumsum([len(word) for word in words.values()], dtype=np.int64),
    }
    tensor_file.write(path, header, {**tensors, **encoder.tensors})


def load(path: str | os.PathLike[str], *, mmap: bool = False, verify: bool = True) -> TextClassifier:
    """Load a model; see `fastlr.load`."""
    header, tensors = tensor_file.read(path, mmap, verify)
    return from_parts(path, header, tensors, verify)


def from_parts(
    path: str | os.PathLike[str], header: dict[str, Any], tensors: dict[str, np.ndarray], verify: bool = True
) -> TextClassifier:
    """Return the model in the header and arrays of a file.

    Raises
    ------
    ValueError
        If they are not those of a `TextClassifier`.
    """
    try:
        return _build(header, tensors, verify)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ValueError(
            f"{os.fspath(path)!r} is not a text model that fastlr {fastlr.__version__} can load: {error}."
        ) from error


def _build(header: dict[str, Any], tensors: dict[str, np.ndarray], verify: bool) -> TextClassifier:
    if header.get("kind") != KIND:
        raise ValueError(f"its kind is {str(header.get('kind'))[:100]!r}, not {KIND!r}")
    if type(header.get("format")) is not int or not 1 <= header["format"] <= FORMAT_VERSION:
        found, writer = (str(header.get(name))[:100] for name in ("format", "fastlr"))
        raise ValueError(
            f"its format is {found}, written by fastlr {writer}; this version reads formats 1 to {FORMAT_VERSION}"
        )
    parameters = _object(header, "parameters")
    others = {name: array for name, array in tensors.items() if name not in TYPES}
    if any(isinstance(value, dict) for value in parameters.values()):  # a RandomState or class weights
        from fastlr.persistence.encoding import Decoder

        decoder = Decoder(others)
        parameters = {name: decoder.decode(value) for name, value in parameters.items()}
        others = {name: others[name] for name in decoder.unused}
    if others or not set(tensors) >= set(TYPES):
        raise ValueError(f"its arrays are {sorted(tensors)[:10]}, not {sorted(TYPES)}")
    for name, dtype in TYPES.items():
        if tensors[name].dtype != dtype or tensors[name].ndim != (2 if name == "weights" else 1):
            raise ValueError(f"array {name!r} is a {tensors[name].ndim}-D array of {tensors[name].dtype}")
    model = TextClassifier()
    model.set_params(**parameters)
    check_parameters(model.get_params())
    hasher = Hasher(**{**_object(header, "hasher"), "ngram_range": tuple(header["hasher"]["ngram_range"])})
    classes = _classes_from_json(header["classes"])
    kept, weights, intercept = tensors["kept"], tensors["weights"], tensors["intercept"]
    n_outputs = 1 if len(classes) == 2 else len(classes)
    if weights.shape != (len(kept), n_outputs) or intercept.shape != (n_outputs,):
        raise ValueError(f"its weights have shape {weights.shape}, and its intercepts have shape {intercept.shape}")
    if tensors["column_weights"].shape != kept.shape:
        raise ValueError("columns and column weights have different lengths")
    # A column out of range would cause a write out of bounds.
    if len(kept) and not (int(kept[0]) >= 0 and int(kept[-1]) < hasher.n_features and (kept[1:] > kept[:-1]).all()):
        raise ValueError(f"its columns must increase, between 0 and {hasher.n_features - 1}")
    if verify:
        for name in ("weights", "intercept", "column_weights"):
            if not all(np.isfinite(tensors[name][piece]).all() for piece in chunked_slices(len(tensors[name]))):
                raise ValueError(f"array {name!r} contains NaN or infinity")
    power = header.get("idf_power", Columns.power)
    if type(power) is not float or not 0.0 < power < 100.0:
        raise ValueError(f"its idf_power is {str(power)[:100]}, not a number above 0")
    columns = Columns(frozen(kept), frozen(tensors["column_weights"]), hasher.n_features, power)
    model._model = TextPredictor(hasher, columns, weights, intercept)
    model.classes_ = classes
    model.alpha_, model.n_iter_, model.validation_ = header["alpha"], header["n_iter"], header["validation"]
    model.n_texts_ = header["n_texts"]
    model.data_columns_ = KnownColumns.from_dict(header["data_columns"]) if "data_columns" in header else None
    model.words_ = _words(tensors, len(kept))
    return model


def _classes_to_json(classes: np.ndarray) -> Any:
    """Return labels as a list of JSON values, with their type if the list alone would not give it."""
    values = classes.tolist()
    plain = classes.dtype.kind == "U" or classes.dtype in (np.bool_, np.int64, np.float64)
    return values if plain else labels_to_json(classes)


def _classes_from_json(encoded: Any) -> np.ndarray:
    if not isinstance(encoded, list):
        classes = classes_from_json(encoded)
    elif {type(label) for label in encoded} <= LABELS:
        classes = np.array(encoded)
    else:
        raise ValueError("its classes must be labels")
    if len(classes) < 2:
        raise ValueError("its classes must be at least two labels")
    return classes


def _object(header: dict[str, Any], name: str) -> dict[str, Any]:
    if not isinstance(header.get(name), dict):
        raise ValueError(f"its {name} must be an object")
    return header[name]


def _words(tensors: dict[str, np.ndarray], n_columns: int) -> dict[int, str]:
    places, ends = tensors["word_places"].tolist(), tensors["word_ends"].tolist()
    bounds = [0, *ends]
    if len(places) != len(ends) or bounds != sorted(bounds) or bounds[-1] != len(tensors["word_bytes"]):
        raise ValueError("the ends of its words must increase to the length of their text")
    if any(not 0 <= place < n_columns for place in places):
        raise ValueError("a word belongs to a column that does not exist")
    whole = tensors["word_bytes"].tobytes()
    return {place: whole[a:b].decode() for place, a, b in zip(places, bounds, ends, strict=False)}
