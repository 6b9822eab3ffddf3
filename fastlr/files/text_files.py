"""Text files that hold a document each; the folder of each is its label."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from fastlr.files.batches import DocumentBatch
from fastlr.files.inputs.arguments import Member
from fastlr.files.inputs.encodings import DecodedFile
from fastlr.files.layout import Layout
from fastlr.files.packer import Packer
from fastlr.files.source import Source
from fastlr.files.streams import BLOCK, ReadError, damage_errors, readable

# The name of the column of ids: the names of the files.
FILE = "file"


def locate(source: Source) -> Layout:
    """Return the layout; there are no columns but the names of the files.

    Raises
    ------
    ReadError
        If the caller names another column of ids.
    """
    if source.id is not None:
        if source.id != FILE:
            raise ReadError(f"there is no column {source.id!r}; --id {FILE} gives the names of the files")
        return Layout("files", names=(FILE,), id=0)
    labels = dict.fromkeys(map(_label, source.documents)) if source.with_labels else {}
    return Layout("files", names=tuple(labels))


def read(source: Source, layout: Layout) -> Iterator[DocumentBatch]:
    """Yield the documents, each of which counts as a line, in the order of the files."""
    packer = Packer(source.wanted_labels, source.bad)
    for number, member in enumerate(source.documents, 1):
        with member.open() as opened, damage_errors():
            file = DecodedFile(readable(opened), source.encoding)
            content = file.read()
        if file.detected:
            source.encoding_found = file.encoding
        try:
            label = _label(member) if source.with_labels else None
            packer.add(content.decode(), label, number, len(content), id=member.name)
        except UnicodeDecodeError:
            source.bad.add([number], f"{member.name} is not {file.encoding}", [member.name])
        if packer.n_bytes >= BLOCK:
            yield packer.batch()
    yield packer.batch()


def _label(member: Member) -> str:
    return posixpath.basename(posixpath.dirname(member.name))
