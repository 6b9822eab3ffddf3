"""The manifest of a store, ``store.json``, which is written last."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fastlr.persistence import tensor_file
from fastlr.persistence.labels import classes_from_json, labels_to_json

NAME = "store.json"

# Increased when older versions of fastlr would misread new stores.
FORMAT_VERSION = 1

SHARD_NAME = re.compile(r"shard-\d{6,}-[0-9a-f]{16}\.safetensors")
CHECKSUM = re.compile(r"[0-9a-f]{64}")

# Enough for half a million shards.
MAX_BYTES = 1 << 26


class ShardEntry(NamedTuple):
    """The file of a shard, its number of rows and entries, and the checksum of its arrays."""

    name: str
    n_samples: int
    nnz: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """A description of a store.

    Attributes
    ----------
    n_features : int
    dtype : {"float32", "float64"}
        Type of the values.
    classes : ndarray or None
        The class of each code; None if the rows have no labels.
    weighted : bool
        Whether the rows have weights.
    shards : tuple of ShardEntry
    metadata : dict
        The caller's, of JSON values.
    """

    n_features: int
    dtype: str
    classes: np.ndarray | None
    weighted: bool
    shards: tuple[ShardEntry, ...]
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """A checksum of everything in the store."""
        return _checksum(self._body())

    def _body(self) -> dict[str, Any]:
        return {
            "kind": "fastlr store",
            "format": FORMAT_VERSION,
            "n_features": self.n_features,
            "dtype": self.dtype,
            "classes": None if self.classes is None else labels_to_json(self.classes),
            "weighted": self.weighted,
            "metadata": dict(self.metadata),
            "shards": [list(shard) for shard in self.shards],
        }

    def write(self, folder: Path) -> None:
        """Replace the manifest in a folder; the shards must be on the disk.

        Raises
        ------
        TypeError, ValueError
            If the metadata are not JSON values, or too large.
        """
        body = self._body()
        text = json.dumps({**body, "sha256": _checksum(body)}, allow_nan=False, indent=1).encode()
        if len(text) > MAX_BYTES:
            raise ValueError(
                f"{NAME} would have {len(text)} bytes, more than {MAX_BYTES}: use larger shards or less metadata."
            )
        with tensor_file.replacing(folder / NAME) as file:
            file.write(text)

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Return the manifest of a store.

        Raises
        ------
        OSError
            If there is none, or it cannot be read.
        ValueError
            If it is damaged, or was written by a newer version.
        """
        path = folder / NAME
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size > MAX_BYTES:
                raise ValueError(f"{os.fspath(path)!r} has more than {MAX_BYTES} bytes.")
            text = file.read()
        try:
            content = tensor_file.parse_json(text)
            return cls._from_json(content)
        except (ValueError, RecursionError, MemoryError) as error:
            raise ValueError(f"{os.fspath(path)!r} is not the manifest of an intact store: {error}.") from error

    @classmethod
    def _from_json(cls, content: Any) -> Manifest:
        if not isinstance(content, dict) or content.get("kind") != "fastlr store":
            raise ValueError("it was not written by fastlr")
        if content.get("format") != FORMAT_VERSION:
            raise ValueError(f"its format is {str(content.get('format'))[:20]}; this version reads {FORMAT_VERSION}")
        checksum = content.pop("sha256", None)
        if checksum != _checksum(content):
            raise ValueError("its checksum is wrong")
        names = {"kind", "format", "n_features", "dtype", "classes", "weighted", "metadata", "shards"}
        if set(content) != names:
            raise ValueError(f"it contains {sorted(map(str, content))[:20]} instead of {sorted(names)}")
        shards = content["shards"]
        if not isinstance(shards, list) or not shards or not all(map(_is_entry, shards)):
            raise ValueError("its list of shards is malformed")
        if len({entry[0] for entry in shards}) < len(shards):
            raise ValueError("a shard is repeated")
        if not (
            _is_size(content["n_features"])
            and content["n_features"] > 0
            and content["dtype"] in ("float32", "float64")
            and isinstance(content["weighted"], bool)
            and isinstance(content["metadata"], dict)
        ):
            raise ValueError("n_features, dtype, weighted or metadata is malformed")
        classes = None if content["classes"] is None else classes_from_json(content["classes"])
        return cls(
            content["n_features"],
            content["dtype"],
            classes,
            content["weighted"],
            tuple(ShardEntry(*entry) for entry in shards),
            content["metadata"],
        )


def _checksum(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, allow_nan=False).encode()).hexdigest()


def _is_size(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**63 - 1


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, list)
        and len(entry) == 4
        and isinstance(entry[0], str)
        and SHARD_NAME.fullmatch(entry[0]) is not None
        and _is_size(entry[1])
        and entry[1] > 0
        and _is_size(entry[2])
        and isinstance(entry[3], str)
        and CHECKSUM.fullmatch(entry[3]) is not None
    )
