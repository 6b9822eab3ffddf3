"""A file that is being read, as the modules of the formats see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastlr.files.batches import BadLines, Labels

if TYPE_CHECKING:
    from fastlr.files.inputs.arguments import Member
    from fastlr.store import Store
    from fastlr.text.known_columns import KnownColumns


@dataclass
class Source:
    """A file and what the caller says about it.

    Attributes
    ----------
    path : str
    label : str or None
        Column that the caller names, by name or by number from 1.
    text : tuple of str or None
        Columns likewise, of which several may share a string, separated by commas.
    weight, id : str or None
        Columns of the weights and of the ids likewise, which are read only if they are named.
    header : bool or None
        Whether the first line holds the names of the columns; None if the caller does not say.
    sep : str or None
        Character that separates the fields of TSV or CSV; None if the caller does not say.
    quote : str or None
        Character around fields that may hold separators, empty if there is none; None if the caller does not say.
    with_labels : bool
        Whether labels are wanted.
    classes : bool
        Whether the labels must be classes. Otherwise a label column that the caller names may hold anything.
    zero_based : bool
        Whether svmlight counts features from 0.
    known : KnownColumns or None
        Columns to take where the caller names none, if the file has them.
    labels : Labels
    bad : BadLines
    lines : list of str
        The first lines, of a format in lines.
    blocks : iterator of bytearray
        The content in blocks of whole lines, of a format in lines.
    store : Store or None
        The store, if the file is one.
    documents : tuple of Member
        Text files that hold a document each, instead of a file.
    file_labels : mapping of str to str
        Labels of plain text, by the paths of several files, whose names tell them.
    encoding : str or None
        Encoding of text; None if the caller does not say.
    encoding_found : str or None
        Encoding that was detected among several text files, other than UTF-8.
    """

    path: str
    label: str | None = None
    text: tuple[str, ...] | None = None
    weight: str | None = None
    id: str | None = None
    header: bool | None = None
    sep: str | None = None
    quote: str | None = None
    with_labels: bool = True
    classes: bool = False
    zero_based: bool = False
    known: KnownColumns | None = None
    labels: Labels = field(default_factory=Labels)
    bad: BadLines = field(default_factory=BadLines)
    lines: list[str] = field(default_factory=list)
    blocks: Iterator[bytearray] = field(default_factory=lambda: iter(()))
    store: Store | None = None
    documents: tuple[Member, ...] = ()
    file_labels: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    encoding_found: str | None = None

    @property
    def wanted_labels(self) -> Labels | None:
        """The labels, or None if they are not wanted."""
        return self.labels if self.with_labels else None
