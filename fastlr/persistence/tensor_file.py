"""Files of named arrays and a JSON header, in the safetensors format, which are read without running any code.

A file starts with eight bytes that hold the length of a JSON object, which gives the type, shape and place of every
array. The arrays follow, little-endian and without gaps. Other readers of safetensors can read the files; the package
``safetensors`` itself is only used by the tests, because its NumPy interface copies every array and does not tell where
it lies in the file. fastlr keeps its own header as a JSON text in the metadata of the format, with two SHA-256
checksums: one of the bytes of the arrays, and one of the whole header.

Files are written under a temporary name and then renamed, so that a crash leaves either the old file or the new one.
Devices, pipes and open descriptors are written to directly.
"""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

import numpy as np

from fastlr.persistence.streams import is_stream, open_stream
from fastlr.utils.arrays import chunked_slices

TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "U64": "<u8", "I32": "<i4", "U32": "<u4", "I16": "<i2",
    "U16": "<u2", "I8": "|i1", "U8": "|u1", "BOOL": "|b1",
}  # fmt: skip
NAMES = {dtype: name for name, dtype in TYPES.items()}

# Enough for the names of 10^5 classes; numbers are in the arrays.
MAX_HEADER = 1 << 24

TEMPORARY = ".tmp"

# Errors for a file that cannot grow, which do not name the file.
FULL = {errno.ENOSPC, errno.EFBIG, *({errno.EDQUOT} if hasattr(errno, "EDQUOT") else ())}


def write(path: str | os.PathLike[str], header: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> str:
    """Write arrays and a header of JSON values; a crash leaves the old file or the new one.

    Returns
    -------
    str
        The checksum of the bytes of the arrays.

    Raises
    ------
    OSError
        If the file cannot be written; an existing file is then kept.
    ValueError
        If the header has more than `MAX_HEADER` bytes.
    """
    # Arrays with larger elements come first, which aligns all of them.
    order = sorted(tensors, key=lambda name: (-tensors[name].dtype.itemsize, name))
    arrays = [_little_endian(tensors[name]) for name in order]
    table, stop = {}, 0
    for name, array in zip(order, arrays, strict=True):
        start, stop = stop, stop + array.nbytes
        table[name] = {"dtype": NAMES[array.dtype.str], "shape": list(array.shape), "data_offsets": [start, stop]}
    text = json.dumps(header, allow_nan=False)
    size = len(_head(text, "0" * 64, table))
    if size > MAX_HEADER:
        raise ValueError(
            f"The header of {os.fspath(path)!r} would have {size} bytes, more than the maximum of {MAX_HEADER}."
        )
    # Imported here, because reading does not need it.
    from concurrent.futures import ThreadPoolExecutor

    with replacing(path) as file, ThreadPoolExecutor(1) as pool:
        checksum = pool.submit(_checksum, arrays)  # takes as long as writing them, and runs meanwhile
        if is_stream(path):
            file.write(_head(text, checksum.result(), table))
            for array in arrays:
                file.write(_bytes(array).data)
            return checksum.result()
        file.seek(size)
        for array in arrays:
            file.write(_bytes(array).data)
        file.seek(0)
        file.write(_head(text, checksum.result(), table))
    return checksum.result()


def _head(header: str, checksum: str, table: Mapping[str, Any]) -> bytes:
    """Return the beginning of a file; its length does not depend on the checksum."""
    metadata = {"fastlr": header, "data_sha256": checksum}
    metadata["header_sha256"] = _header_checksum(metadata, table)
    text = json.dumps({"__metadata__": metadata, **table}).encode()
    text += b" " * (-(len(text) + 8) % 64)
    return len(text).to_bytes(8, "little") + text


def _checksum(arrays: list[np.ndarray]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(_bytes(array).data)
    return digest.hexdigest()


def _little_endian(array: np.ndarray) -> np.ndarray:
    """Return the array in C order, little-endian."""
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).reshape(array.shape)


def _bytes(array: np.ndarray) -> np.ndarray:
    """Return a view of the bytes of an array in C order."""
    return array.reshape(-1).view(np.uint8)


def temporary_name(path: str | os.PathLike[str]) -> str:
    """Return a new name in the same folder as the file at a path."""
    return f"{os.path.realpath(path)}.{os.urandom(8).hex()}{TEMPORARY}"


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a temporary file that atomically replaces ``path`` once it is complete and on the disk.

    A device, a pipe or an open descriptor is opened itself, to write behind what it already holds.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    if is_stream(path):
        with open_stream(path) as stream:
            yield stream
        return
    target = os.path.realpath(path)
    temporary = temporary_name(target)
    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with open(file, "wb") as opened:
            yield opened
            opened.flush()
            os.fsync(opened.fileno())
        os.replace(temporary, target)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError) and error.errno in FULL and error.filename is None:
            error.filename = os.fspath(path)
        raise
    if os.name == "posix":  # folders cannot be opened elsewhere
        folder = os.open(os.path.dirname(target), os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def remove_leftovers(path: str | os.PathLike[str]) -> None:
    """Remove the temporary files of processes that were killed while writing ``path``."""
    folder, name = os.path.split(os.path.realpath(path))
    for leftover in os.listdir(folder) if os.path.isdir(folder) else ():
        middle = leftover.removeprefix(name).removesuffix(TEMPORARY)
        if leftover == f"{name}{middle}{TEMPORARY}" and len(middle) == 17 and middle[0] == ".":
            with suppress(FileNotFoundError):
                os.unlink(os.path.join(folder, leftover))


def read(
    path: str | os.PathLike[str], mmap: bool = False, verify: bool = True
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the header and the arrays of a file that `write` wrote.

    Parameters
    ----------
    path : str or path
    mmap : bool, default=False
        Whether the arrays are read-only views of the file, which are loaded as they are used.
    verify : bool, default=True
        Whether to check the checksum of the arrays, which reads all of them. That of the header is always checked.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If the file was not written by fastlr, or is damaged.
    """
    with open(path, "rb") as file:
        try:
            start, metadata, table = read_header(file)
            header = parse_json(metadata["fastlr"])
            if not isinstance(header, dict):
                raise ValueError("its header is not an object")
            tensors = {}
            whole = np.memmap(file, np.uint8, "r") if mmap and table else None
            digest = hashlib.sha256()
            for name, dtype, shape, first, last in table:
                if whole is not None:
                    data = np.asarray(whole[start + first : start + last])
                else:
                    data = np.empty(last - first, np.uint8)
                    if file.readinto(data.data) != len(data):
                        raise ValueError("it is truncated")
                if verify:
                    digest.update(data.data)
                if dtype == "|b1" and any(data[p].max() > 1 for p in chunked_slices(len(data))):
                    raise ValueError(f"array {name!r} contains booleans other than 0 and 1")
                array = data.view(dtype).reshape(shape)
                tensors[name] = array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
            if verify and digest.hexdigest() != metadata["data_sha256"]:
                raise ValueError("its checksum is wrong")
        except (ValueError, MemoryError) as error:
            raise ValueError(f"{os.fspath(path)!r} is not an intact fastlr file: {error}.") from error
    return header, tensors


def read_header(file: BinaryIO) -> tuple[int, dict[str, str], list[tuple[str, str, tuple[int, ...], int, int]]]:
    """Return where the arrays start, the metadata, and each array's name, type, shape, start and end, in order."""
    size = os.fstat(file.fileno()).st_size
    length = int.from_bytes(file.read(8), "little")
    if size < 8 or not 2 <= length <= min(MAX_HEADER, size - 8):
        raise ValueError("it is truncated, or does not start with the length of a header")
    table = parse_json(file.read(length))
    metadata = table.pop("__metadata__", None) if isinstance(table, dict) else None
    if not isinstance(metadata, dict) or set(metadata) != {"fastlr", "data_sha256", "header_sha256"}:
        raise ValueError("it was not written by fastlr")
    if not all(isinstance(value, str) for value in metadata.values()):
        raise ValueError("its metadata must be strings")
    if metadata["header_sha256"] != _header_checksum(metadata, table):
        raise ValueError("the checksum of its header is wrong")
    entries, stop = [], 0
    for name, entry in table.items():
        if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
            raise ValueError(f"array {name!r} must have dtype, shape and data_offsets")
        shape, offsets = entry["shape"], entry["data_offsets"]
        dtype = TYPES.get(entry["dtype"]) if isinstance(entry["dtype"], str) else None
        if dtype is None or not (_are_sizes(shape) and _are_sizes(offsets)) or len(shape) > 32 or len(offsets) != 2:
            raise ValueError(f"array {name!r} has an unknown dtype, or an invalid shape or data_offsets")
        if offsets[0] != stop or offsets[1] - stop != math.prod(shape) * np.dtype(dtype).itemsize:
            raise ValueError(f"array {name!r} does not follow the previous one, or its size does not match its shape")
        stop = offsets[1]
        entries.append((name, dtype, tuple(shape), offsets[0], stop))
    if 8 + length + stop != size:
        raise ValueError(f"it has {size} bytes instead of {8 + length + stop}")
    return 8 + length, metadata, entries


def parse_json(text: str | bytes) -> Any:
    """Parse a JSON text; names must be unique within an object, and numbers finite."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) < len(pairs):
            raise ValueError("a name is repeated in its header")
        return dict(pairs)

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    try:
        return json.loads(text, object_pairs_hook=unique, parse_constant=refuse)
    except RecursionError as error:
        raise ValueError("its header is nested too deeply") from error


def _are_sizes(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is int and 0 <= value < 2**63 for value in values)


def _header_checksum(metadata: Mapping[str, Any], table: Mapping[str, Any]) -> str:
    """Return the checksum of a header, which includes that of the arrays and ignores white space."""
    try:
        text = json.dumps([metadata.get("fastlr"), metadata.get("data_sha256"), table], sort_keys=True)
    except RecursionError as error:
        raise ValueError("its header is nested too deeply") from error
    return hashlib.sha256(text.encode()).hexdigest()
