"""Rows as text files, for libraries that read only those."""

from __future__ import annotations

import tempfile
from pathlib import Path


def lines_of(X, head, entry, tail=""):
    """Yield a line a row: what ``head(i)`` gives, then ``entry(feature, value)`` of each non-zero."""
    for i in range(X.shape[0]):
        row = slice(X.indptr[i], X.indptr[i + 1])
        features, values = X.indices[row].tolist(), X.data[row].tolist()
        yield head(i) + " ".join(map(entry, features, values)) + tail


class Folder:
    """A temporary folder of text files, gone with the object."""

    def __init__(self):
        self.keep = tempfile.TemporaryDirectory(prefix="fastlr-peers-")
        self.path = Path(self.keep.name)

    def write(self, name, lines):
        path = self.path / name
        with path.open("w") as file:
            file.writelines(line + "\n" for line in lines)
        return path
