"""Encoding of values as JSON and named arrays, and decoding: only the types below, none of which can run code.

None, booleans, integers, strings and finite floats are JSON values. Everything else is an object with one name:
``{"tuple": [...]}``, ``{"dict": [[key, value], ...]}``, ``{"array": {"tensor": name, ...}}`` and so on. NumPy numbers
become Python numbers. Arrays keep their type and whether they are transposed. An array that is mostly zero is stored as
the places and values of its non-zeros, and decoded to the same array.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fastlr import schedules
from fastlr.data.labels import KINDS, as_values, kind_of
from fastlr.data.row_scale import RowScale
from fastlr.persistence.labels import labels_from_json, labels_to_json
from fastlr.persistence.tensor_file import NAMES
from fastlr.utils.arrays import chunked_slices

# Frozen dataclasses of numbers, strings, None and tuples of them: learning-rate schedules, and statistics of streams.
RECORDS = {
    name: record
    for name, record in {**vars(schedules), "RowScale": RowScale}.items()
    if isinstance(record, type) and dataclasses.is_dataclass(record)
}

# Smaller arrays are never stored as places and values.
SMALL = 1024


class Encoder:
    """Encodes values as JSON, and collects their arrays in ``tensors``."""

    def __init__(self) -> None:
        self.tensors: dict[str, np.ndarray] = {}

    def encode(self, value: Any, name: str) -> Any:
        """Return a value as JSON.

        Raises
        ------
        TypeError
            If the value, or a part of it, has a type that cannot be encoded; the message contains ``name``.
        """
        if isinstance(value, (bytes, np.datetime64, np.timedelta64)):  # a label, as a key of a dict
            return {"label": labels_to_json(np.array([value], object if isinstance(value, bytes) else None))}
        if isinstance(value, np.generic):
            value = value.item()
        if value is None or isinstance(value, (bool, int, str)):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else {"float": str(value)}
        if isinstance(value, (list, tuple)):
            items = [self.encode(v, f"{name}.{k}") for k, v in enumerate(value)]
            return {"list" if isinstance(value, list) else "tuple": items}
        if isinstance(value, Mapping):
            keys = [self.encode(key, name) for key in value]
            return {"dict": [[key, self.encode(value[k], f"{name}.{k}")] for key, k in zip(keys, value, strict=True)]}
        if isinstance(value, np.ndarray):
            return self._encode_array(value, name)
        if isinstance(value, type) and value in (np.float32, np.float64):
            return {"type": value.__name__}
        if isinstance(value, np.random.RandomState):
            generator, state, *rest = value.get_state()
            if generator == "MT19937":
                return {
                    "random_state": [
                        self._add(np.asarray(state), f"{name}.keys"),
                        *(self.encode(v, name) for v in rest),
                    ]
                }
        if type(value) in RECORDS.values():
            fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
            return {"record": [type(value).__name__, {k: self.encode(v, f"{name}.{k}") for k, v in fields.items()}]}
        if hasattr(value, "tocsr"):
            return self._encode_sparse(value, name)
        raise TypeError(
            f"{name} is {value!r}, which cannot be saved without code: only numbers, strings, arrays, and lists and "
            "dicts of them can."
        )

    def _add(self, array: np.ndarray, name: str) -> str:
        unique, n = name, 1
        while unique in self.tensors:
            unique, n = f"{name}~{n}", n + 1
        self.tensors[unique] = array
        return unique

    def _encode_array(self, array: np.ndarray, name: str) -> Any:
        array = np.asarray(array)
        transposed = array.flags.f_contiguous and not array.flags.c_contiguous
        if transposed:
            array = array.T
        is_text = array.dtype.kind == "O" and array.ndim == 1 and all(isinstance(text, str) for text in array)
        if array.ndim == 1 and array.dtype.kind in "OSTMm" and not is_text and kind_of(array) in KINDS.values():
            return {"labels": labels_to_json(array)}
        array = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("=")).reshape(array.shape)
        rest = {"transposed": True} if transposed else {}
        if array.dtype.kind == "U":
            letters = array.reshape(-1).view(np.uint32).reshape(*array.shape, array.dtype.itemsize // 4)
            return {"text": {"tensor": self._add(letters, name), **rest}}
        if is_text:
            texts = [text.encode("utf-8", "surrogatepass") for text in array]
            ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
            text = np.frombuffer(b"".join(texts), np.uint8)
            return {"strings": {"text": self._add(text, f"{name}.text"), "ends": self._add(ends, f"{name}.ends")}}
        if array.dtype.newbyteorder("<").str not in NAMES:
            raise TypeError(f"{name} is an array of {array.dtype}, which cannot be saved.")
        places = _nonzero_places(array)
        if places is None:
            return {"array": {"tensor": self._add(array, name), **rest}}
        values = array.reshape(-1)[places]
        return {
            "mostly_zero": {
                "places": self._add(places, f"{name}.places"),
                "values": self._add(values, f"{name}.values"),
                "shape": list(array.shape),
                **rest,
            }
        }

    def _encode_sparse(self, matrix: Any, name: str) -> Any:
        import scipy.sparse as sp  # here, as models of documents are loaded without SciPy

        csr = matrix.tocsr()
        parts = {part: self._add(getattr(csr, part), f"{name}.{part}") for part in ("indptr", "indices", "data")}
        for part in parts.values():
            if self.tensors[part].dtype.newbyteorder("<").str not in NAMES:
                raise TypeError(f"{name} is a sparse matrix of {csr.dtype}, which cannot be saved.")
        return {"csr": {**parts, "shape": list(csr.shape), "array": isinstance(matrix, sp.sparray)}}


def _nonzero_places(array: np.ndarray) -> np.ndarray | None:
    """Return the places of the elements of a float array that are not +0, if storing only those takes less space."""
    if array.dtype.kind != "f" or array.size < SMALL:
        return None
    bits = array.reshape(-1).view(f"u{array.dtype.itemsize}")
    place = np.uint32 if array.size <= 2**32 else np.int64
    n = sum(int(np.count_nonzero(bits[piece])) for piece in chunked_slices(bits.size))
    if n * (bits.itemsize + np.dtype(place).itemsize) > 0.75 * bits.nbytes:
        return None
    found, start = np.empty(n, place), 0
    for piece in chunked_slices(bits.size):
        here = np.flatnonzero(bits[piece])
        found[start : start + len(here)] = here + piece.start
        start += len(here)
    return found


class Decoder:
    """Decodes what `Encoder` encoded; ``unused`` are the names of arrays that were not needed so far.

    Whatever a file contains, decoding returns values of the types above or raises ValueError.
    """

    def __init__(self, tensors: Mapping[str, np.ndarray]) -> None:
        self.tensors = tensors
        self.unused = set(tensors)

    def decode(self, encoded: Any) -> Any:
        """Return the value.

        Raises
        ------
        ValueError
            If `Encoder` cannot have encoded it.
        """
        if encoded is None or isinstance(encoded, (bool, int, str)):
            return encoded
        if isinstance(encoded, float) and math.isfinite(encoded):
            return encoded
        if isinstance(encoded, dict) and len(encoded) == 1:
            kind, content = next(iter(encoded.items()))
            decode = self._DECODERS.get(kind)
            if decode is not None:
                try:
                    return decode(self, content)
                except (TypeError, KeyError, IndexError, OverflowError, MemoryError, RecursionError) as error:
                    raise ValueError(f"a {kind!r} is malformed ({type(error).__name__}: {error})") from error
        raise ValueError(f"{str(encoded)[:100]!r} is not an encoded value")

    def _tensor(self, name: Any, ndim: int | None = None, kinds: str = "") -> np.ndarray:
        """Return an array; each can be used once."""
        if not isinstance(name, str) or name not in self.unused:
            raise ValueError(f"array {str(name)[:100]!r} is missing, or used twice")
        array = self.tensors[name]
        if (ndim is not None and array.ndim != ndim) or (kinds and array.dtype.kind not in kinds):
            raise ValueError(f"array {name!r} is a {array.ndim}-D array of {array.dtype}")
        self.unused.remove(name)
        return array

    def _float(self, content: Any) -> float:
        return {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}[content]

    def _list(self, content: Any) -> list[Any]:
        if not isinstance(content, list):
            raise ValueError("a list is malformed")
        return [self.decode(value) for value in content]

    def _tuple(self, content: Any) -> tuple[Any, ...]:
        return tuple(self._list(content))

    def _dict(self, content: Any) -> dict[Any, Any]:
        if not isinstance(content, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in content):
            raise ValueError("a dict is not a list of pairs")
        decoded = {self.decode(key): self.decode(value) for key, value in content}
        if len(decoded) < len(content):
            raise ValueError("a key of a dict is repeated")
        return decoded

    def _type(self, content: Any) -> type:
        return {"float32": np.float32, "float64": np.float64}[content]

    def _array(self, content: Any) -> np.ndarray:
        return _oriented(self._tensor(content["tensor"]), content)

    def _mostly_zero(self, content: Any) -> np.ndarray:
        places, values = self._tensor(content["places"], 1, "iu"), self._tensor(content["values"], 1, "f")
        shape = _shape(content["shape"])
        size = math.prod(shape)
        if len(places) != len(values):
            raise ValueError("places and values have different lengths")
        for piece in chunked_slices(len(places)):
            here = places[max(piece.start - 1, 0) : piece.stop]
            if int(here[0]) < 0 or int(here[-1]) >= size or (here[1:] <= here[:-1]).any():
                raise ValueError(f"the places of values must increase, between 0 and {size - 1}")
        array = np.zeros(shape, values.dtype)
        array.reshape(-1)[places] = values
        return _oriented(array, content)

    def _text(self, content: Any) -> np.ndarray:
        letters = self._tensor(content["tensor"], None, "u")
        if letters.ndim < 2 or letters.dtype != np.uint32 or not letters.shape[-1] or (letters > 0x10FFFF).any():
            raise ValueError("a string array is malformed")
        letters = np.require(letters, requirements=["C", "A"])
        texts = letters.reshape(-1).view(f"U{letters.shape[-1]}").reshape(letters.shape[:-1])
        return _oriented(texts, content)

    def _strings(self, content: Any) -> np.ndarray:
        text, ends = self._tensor(content["text"], 1, "u"), self._tensor(content["ends"], 1, "i")
        bounds = [0, *ends.tolist()]
        if text.dtype != np.uint8 or bounds != sorted(bounds) or bounds[-1] != len(text):
            raise ValueError("the ends of strings must increase to the length of their text")
        whole = text.tobytes()
        strings = np.empty(len(ends), object)
        strings[:] = [whole[a:b].decode("utf-8", "surrogatepass") for a, b in itertools.pairwise(bounds)]
        return strings

    def _labels(self, content: Any) -> np.ndarray:
        return labels_from_json(content)

    def _label(self, content: Any) -> Any:
        return as_values(labels_from_json(content))[0]

    def _csr(self, content: Any) -> Any:
        indptr, indices = self._tensor(content["indptr"], 1, "i"), self._tensor(content["indices"], 1, "i")
        data, shape = self._tensor(content["data"], 1, "biuf"), _shape(content["shape"])
        if len(shape) != 2 or len(indptr) != shape[0] + 1 or indptr[0] != 0 or (np.diff(indptr) < 0).any():
            raise ValueError("the indptr of a sparse matrix must increase from 0, with one entry per row")
        if not len(indices) == len(data) == indptr[-1]:
            raise ValueError("indices and values have different lengths in a sparse matrix, or do not match its indptr")
        if len(indices) and not 0 <= int(indices.min()) <= int(indices.max()) < shape[1]:
            raise ValueError(f"an index of a sparse matrix is not between 0 and {shape[1] - 1}")
        import scipy.sparse as sp

        make = sp.csr_array if content["array"] else sp.csr_matrix
        return make((data, indices, indptr), shape=shape)

    def _random_state(self, content: Any) -> np.random.RandomState:
        name, place, has_gauss, gauss = content
        keys = self._tensor(name, 1, "u")
        gauss = self.decode(gauss)
        if keys.shape != (624,) or keys.dtype != np.uint32 or not 0 <= place <= 624 or not isinstance(gauss, float):
            raise ValueError("the state of a random number generator is malformed")
        state = np.random.RandomState(0)
        state.set_state(("MT19937", keys, int(place), int(has_gauss), gauss))
        return state

    def _record(self, content: Any) -> Any:
        name, fields = content
        record = RECORDS[name]
        if set(fields) != {field.name for field in dataclasses.fields(record)}:
            raise ValueError(f"a {name} does not have the fields {sorted(fields)}")
        values = {k: self.decode(v) for k, v in fields.items()}
        if not all(map(_is_plain, values.values())):
            raise ValueError(f"a {name} contains a value that is not a number, string, tuple or None")
        return record(**values)

    _DECODERS: dict[str, Callable[[Decoder, Any], Any]] = {  # noqa: RUF012
        "float": _float, "list": _list, "tuple": _tuple, "dict": _dict, "type": _type, "array": _array,
        "mostly_zero": _mostly_zero, "text": _text, "strings": _strings, "csr": _csr, "random_state": _random_state,
        "record": _record, "labels": _labels, "label": _label,
    }  # fmt: skip


def _is_plain(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (int, float, str))


def _shape(content: Any) -> tuple[int, ...]:
    if not isinstance(content, list) or not all(type(n) is int and 0 <= n < 2**63 for n in content):
        raise ValueError("a shape must be a list of sizes")
    return tuple(content)


def _oriented(array: np.ndarray, content: Mapping[str, Any]) -> np.ndarray:
    return array.T if content.get("transposed") is True else array
