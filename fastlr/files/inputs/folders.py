"""Which files of a folder or an archive are data: tables, or documents in a folder for each label."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Sequence

from fastlr.files.inputs.arguments import Input, Inputs, Member
from fastlr.files.registry import FORMATS, MAGIC, Format, format_of_suffix, is_columnar
from fastlr.files.streams import ReadError, plain_name

# Words in the names of files and folders that say what these are for.
USES = {
    "train": "train", "training": "train", "valid": "valid", "validation": "valid", "val": "valid", "dev": "valid",
    "test": "test", "testing": "test",
}  # fmt: skip

# Files beside the data: hidden ones, those that describe the data, checksums, and marks of Spark.
NO_DATA = re.compile(
    r"\.[^.].*|__MACOSX|_(SUCCESS|(common_)?metadata|committed.*|started.*)|(readme|licen[cs]e|copying|notice|citation)\b.*"
    r"|.*\.(md|rst|pdf|py|ipynb|crc|sha256)",
    re.IGNORECASE,
)

# Folders of documents without a label.
WITHOUT_LABEL = ("unsup", "unlabeled", "unlabelled")

# Parts of a table as Spark and split write them.
PART = re.compile(r"part[-_.]?\d+|x[a-z]{2,}", re.I)

# A missing value in the name of a folder.
NULL = "__HIVE_DEFAULT_PARTITION__"

# Names that a message lists.
MAX_LISTED = 8


def choose(root: str, members: Sequence[Member], use: str, with_labels: bool) -> Inputs:
    """Return the files to read, in their order.

    Parameters
    ----------
    root : str
        The folder or the archive.
    members : sequence of Member
    use : {"train", "valid", "test", "all"}
        Which files to choose if their names tell what they are for.
    with_labels : bool
        Whether documents need labels.

    Raises
    ------
    ReadError
        If there are none, or a choice is needed.
    """
    members = [member for member in members if not any(map(NO_DATA.fullmatch, member.name.split("/")))]
    if not members:
        raise ReadError("has no files with data")
    tables = [member for member in members if _format_of(member) is not None]
    if not tables and (classes := _class_folders(members)) and not _begins_as_table(classes[0]):
        chosen = _for_use(root, classes, use, by_folder=True)
        if with_labels:
            chosen = [member for member in chosen if _folder(member).lower() not in WITHOUT_LABEL]
        if with_labels and len({_folder(member) for member in chosen}) < 2:
            raise ReadError("has one folder of documents, but needs one for each label")
        return Inputs([Input(root, root, documents=tuple(chosen))], [root], _can_validate(classes, use, True))
    tables = tables or members
    kinds = dict.fromkeys(format for member in tables if (format := _format_of(member)) is not None)
    columnar = [member for member in tables if (format := _format_of(member)) is not None and not format.in_lines]
    if columnar:  # files that describe these, as JSON, are beside them
        tables = columnar
    elif len(kinds) > 1:
        raise ReadError(f"has files of several formats; name those to read: {_listed(tables)}")
    chosen = _for_use(root, tables, use)
    if chosen[0].format is not None and len(chosen) > 1:
        raise ReadError(
            f"has several tables: {_listed(chosen)}; name one, such as {posixpath.join(root, chosen[0].name)}"
        )
    flat = not kinds and len(chosen) > 1 and not any(map(_is_part, chosen))
    if flat and not with_labels:
        return Inputs([Input(root, root, documents=tuple(chosen))], [root])
    return Inputs([input_of(root, member) for member in chosen], [root], _can_validate(tables, use))


def input_of(root: str, member: Member) -> Input:
    """Return a member as a file to read; folders such as ``label=good`` are columns, as Hive and Spark write them."""
    from urllib.parse import unquote  # here, because its import would be 4% of a start

    name = posixpath.join(root, member.name)
    pairs = [folder.partition("=") for folder in member.name.split("/")[:-1] if "=" in folder]
    columns = {key: None if value == NULL else unquote(value) for key, _, value in pairs}
    return Input(name, member.path or name, member.open, member.format, columns=columns)


def _listed(members: Sequence[Member]) -> str:
    names = [member.name for member in members]
    return ", ".join(names[:MAX_LISTED]) + (", ..." if len(names) > MAX_LISTED else "")


def _format_of(member: Member) -> Format | None:
    """Return the format that the name of a member tells, or that is known."""
    if member.format is not None:
        return FORMATS[member.format]
    format = format_of_suffix(plain_name(member.name))
    return format if format is not None and format.read is not None else None


def _folder(member: Member) -> str:
    return posixpath.basename(posixpath.dirname(member.name))


def _begins_as_table(member: Member) -> bool:
    with member.open() as file:
        return is_columnar(file.peek(MAGIC)[:MAGIC])  # type: ignore[attr-defined]


def _is_part(member: Member) -> bool:
    """Tell whether a file is most likely one of several with lines, rather than a document."""
    name = posixpath.basename(member.name)
    return PART.match(name) is not None or use_of(name) is not None


def _class_folders(members: Sequence[Member]) -> list[Member]:
    """Return the files at the depth of most files, if these are in several folders."""
    depths = Counter(member.name.count("/") for member in members)
    depth = max(depths, key=lambda depth: depths[depth])
    found = [member for member in members if member.name.count("/") == depth]
    return found if depth and len({_folder(member) for member in found}) > 1 else []


def use_of(name: str, by_folder: bool = False) -> str | None:
    """Return what a file is for, as its name or that of a folder of it says; None if none does.

    With ``by_folder``, a file is a document, and its folder a label, so that only the folders above tell.

    Examples
    --------
    >>> use_of("data/train-00000-of-00002.parquet"), use_of("reviews/test/good/1.txt"), use_of("reviews.csv")
    ('train', 'test', None)
    """
    parts = name.lower().split("/")
    for part in reversed(parts[:-2] if by_folder else parts):
        uses = {USES[word] for word in re.split(r"[^a-z]+", part) if word in USES}
        if len(uses) == 1:
            return uses.pop()
    return None


def _can_validate(members: Sequence[Member], use: str, by_folder: bool = False) -> bool:
    return use == "train" and any(use_of(member.name, by_folder) == "valid" for member in members)


def _for_use(root: str, members: Sequence[Member], use: str, by_folder: bool = False) -> list[Member]:
    """Return the members for a use: those whose names say so, or else those whose names say nothing."""
    uses = {member.name: use_of(member.name, by_folder) for member in members}
    found = set(uses.values())
    if found <= {None}:
        return list(members)
    if use == "test" and "test" not in found:
        use = "valid"
    wanted = use if use in found else None
    chosen = [member for member in members if uses[member.name] == wanted]
    if use == "all" and len(found) == 1:
        chosen = list(members)
    if not chosen or (use == "all" and len(found) > 1):
        named = sorted(name for name in found if name is not None)
        raise ReadError(f"has files for {', '.join(named)}; name those to read: {_listed(members)}")
    return chosen
