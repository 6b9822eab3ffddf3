"""Labels in the names of files of plain text, such as pos.txt and neg.txt, or train.spam and train.ham."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from fastlr.files.inputs.compression import without_suffix
from fastlr.files.inputs.folders import use_of

# More files are most likely documents.
MAX_FILES = 100

SEPARATES = re.compile(r"[\W_]+")
DIGITS = re.compile(r"\d+")


def labels_of_files(names: Sequence[str]) -> list[str] | None:
    """Return what differs between the names of files; None if that is no label, but a number or a use such as train.

    Examples
    --------
    >>> labels_of_files(["data/rt-polarity.pos", "data/rt-polarity.neg"])
    ['pos', 'neg']
    >>> labels_of_files(["part-1.txt", "part-2.txt"]), labels_of_files(["train.txt", "test.txt"])
    (None, None)
    """
    parts = [SEPARATES.split(without_suffix(posixpath.basename(name.replace("\\", "/")))) for name in names]
    if not 1 < len(parts) <= MAX_FILES:
        return None
    while all(parts) and len({part[0] for part in parts}) == 1:
        parts = [part[1:] for part in parts]
    while all(parts) and len({part[-1] for part in parts}) == 1:
        parts = [part[:-1] for part in parts]
    labels = ["_".join(part) for part in parts]
    if any(use_of(label) is not None for label in labels):
        return None
    plain = {DIGITS.sub("", label) for label in labels}
    return labels if len(plain) == len(labels) and "" not in plain else None
