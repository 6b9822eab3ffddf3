"""Shards: files of a store that hold some rows in CSR form, with their labels and weights.

Everything is copied to private memory before it is checked and used. The bytes of a memory-mapped file could be changed
by others after the check, or cut off, which would end the process.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from fastlr.persistence import tensor_file
from fastlr.store.manifest import Manifest, ShardEntry

INDEX_TYPES = ("<i4", "<i8")

# Bytes of a file in memory at a time while its checksum is computed.
COMPARED_BYTES = 1 << 20


class Place(NamedTuple):
    """Where an array starts in a file, and its type."""

    offset: int
    dtype: np.dtype


def write_shard(path: Path, tensors: dict[str, np.ndarray]) -> str:
    """Write ``indptr``, ``indices``, ``data``, and any ``labels`` and ``weights``; return the checksum."""
    return tensor_file.write(path, {"kind": "shard"}, tensors)


def check_rest(file: BinaryIO, sha256: str) -> None:
    """Raise ValueError if the rest of a file has another checksum."""
    digest = hashlib.sha256()
    while data := file.read(COMPARED_BYTES):
        digest.update(data)
    if digest.hexdigest() != sha256:
        raise ValueError("its checksum is wrong")


@dataclass
class Shard:
    """A file of a store, compared with its checksum when it is first needed.

    Attributes
    ----------
    path : Path
    entry : ShardEntry
        Its entry in the manifest.
    manifest : Manifest
    """

    path: Path
    entry: ShardEntry
    manifest: Manifest
    _places: dict[str, Place] = field(default_factory=dict)

    @property
    def entry_bytes(self) -> int:
        """Size of an entry, index and value, in bytes."""
        places = self.places
        return places["indices"].dtype.itemsize + places["data"].dtype.itemsize

    @property
    def row_bytes(self) -> int:
        """Size of a row without its entries, in bytes."""
        return sum(place.dtype.itemsize for name, place in self.places.items() if name not in ("indices", "data"))

    @property
    def places(self) -> dict[str, Place]:
        """Where the arrays lie.

        Raises
        ------
        OSError
            If the file cannot be read.
        ValueError
            If it is not the file that the manifest describes.
        """
        places = self._places
        if not places:
            with open(self.path, "rb") as file:
                try:
                    places = self._places = self._read_places(file)
                except (ValueError, MemoryError) as error:
                    raise self.damaged(str(error)) from error
        return places

    def _read_places(self, file: BinaryIO) -> dict[str, Place]:
        start, metadata, entries = tensor_file.read_header(file)
        if metadata["data_sha256"] != self.entry.sha256:
            raise ValueError("its checksum differs from that in the manifest")
        check_rest(file, self.entry.sha256)
        n, nnz = self.entry.n_samples, self.entry.nnz
        value = {"float32": ("<f4",), "float64": ("<f8",)}[self.manifest.dtype]
        wanted = {"indptr": (n + 1, INDEX_TYPES), "indices": (nnz, INDEX_TYPES), "data": (nnz, value)}
        if self.manifest.classes is not None:
            wanted["labels"] = (n, ("<i4",))
        if self.manifest.weighted:
            wanted["weights"] = (n, ("<f8",))
        if {name for name, *_ in entries} != set(wanted):
            raise ValueError(f"it contains {sorted(name for name, *_ in entries)} instead of {sorted(wanted)}")
        places = {}
        for name, dtype, shape, first, _ in entries:
            length, types = wanted[name]
            if shape != (length,) or dtype not in types:
                raise ValueError(f"{name} is {dtype} of shape {shape}, not {' or '.join(types)} of shape ({length},)")
            places[name] = Place(start + first, np.dtype(dtype))
        return places

    def damaged(self, what: str) -> ValueError:
        """Return the exception to raise for a damaged file."""
        return ValueError(f"{os.fspath(self.path)!r} is not an intact shard of its store: {what}.")

    @contextmanager
    def opened(self) -> Iterator[ShardReader]:
        """Open the file."""
        places = self.places
        with open(self.path, "rb", buffering=0) as file:
            yield ShardReader(self, file, places)

    def verify(self) -> None:
        """Read and check the whole file, even if that has been done before.

        Raises
        ------
        ValueError
            If the file is damaged, or its content is invalid.
        """
        self._places = {}  # a new dictionary, because another thread may be using the old one
        with self.opened() as reader:
            reader.indptr(0, self.entry.n_samples)
            reader.indices(0, self.entry.nnz)
            reader.data(0, self.entry.nnz)
            reader.labels(0, self.entry.n_samples)
            reader.weights(0, self.entry.n_samples)


class ShardReader:
    """Reads and checks slices of the arrays of a shard."""

    def __init__(self, shard: Shard, file: FileIO, places: dict[str, Place]) -> None:
        self.shard, self.file, self.places = shard, file, places

    def _read(self, name: str, start: int, stop: int, out: np.ndarray | None = None) -> np.ndarray:
        """Return elements of an array, in ``out`` if that has the same type."""
        place = self.places[name]
        array = out if out is not None and out.dtype == place.dtype else np.empty(stop - start, place.dtype)
        self.file.seek(place.offset + start * place.dtype.itemsize)
        rest = array.view(np.uint8).data
        while rest:
            n = self.file.readinto(rest)
            if not n:
                raise self.shard.damaged("it is truncated")
            rest = rest[n:]
        return array

    def indptr(self, start: int, stop: int) -> np.ndarray:
        """Return where rows start, and where the last one ends, int64."""
        indptr = self._read("indptr", start, stop + 1).astype(np.int64)
        n, nnz = self.shard.entry.n_samples, self.shard.entry.nnz
        begins, ends = start > 0 or indptr[0] == 0, stop < n or indptr[-1] == nnz
        if not (begins and ends and 0 <= indptr[0] <= indptr[-1] <= nnz) or (indptr[1:] < indptr[:-1]).any():
            raise self.shard.damaged(f"indptr does not increase from 0 to {nnz}")
        return indptr

    def indices(self, start: int, stop: int, out: np.ndarray | None = None) -> np.ndarray:
        """Return the feature of each entry."""
        indices = self._read("indices", start, stop, out)
        bound = self.shard.manifest.n_features
        if len(indices) and int(indices.view(f"<u{indices.dtype.itemsize}").max()) >= min(
            bound, 2 ** (8 * indices.dtype.itemsize - 1)
        ):
            raise self.shard.damaged(f"indices must lie between 0 and {bound - 1}")
        return indices

    def data(self, start: int, stop: int, out: np.ndarray | None = None) -> tuple[np.ndarray, float]:
        """Return the value of each entry, and the largest absolute value."""
        data = self._read("data", start, stop, out)
        low, high = (float(data.min()), float(data.max())) if len(data) else (0.0, 0.0)
        if not (math.isfinite(low) and math.isfinite(high)):
            raise self.shard.damaged("data contains NaN or infinity")
        return data, max(-low, high)

    def labels(self, start: int, stop: int) -> np.ndarray | None:
        """Return the class code of each row; None if there are no labels."""
        if "labels" not in self.places:
            return None
        codes = self._read("labels", start, stop)
        classes = self.shard.manifest.classes
        n_classes = 0 if classes is None else len(classes)
        if len(codes) and int(codes.view("<u4").max()) >= n_classes:
            raise self.shard.damaged(f"labels must lie between 0 and {n_classes - 1}")
        return codes

    def weights(self, start: int, stop: int) -> np.ndarray | None:
        """Return the weight of each row; None if there are no weights."""
        if "weights" not in self.places:
            return None
        weights = self._read("weights", start, stop)
        if not (np.isfinite(weights).all() and (weights >= 0).all()):
            raise self.shard.damaged("weights must be finite and non-negative")
        return weights
