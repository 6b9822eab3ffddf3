"""Archives, folders, workbooks and databases of invented documents."""

import io
import tarfile
import zipfile

from helpers.readers import ROWS

TABLE = "label,text\n" + "".join(f'{label},"{text}"\n' for label, text in ROWS)


def write_zip(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def write_tar(path, members, mode="w"):
    with tarfile.open(path, mode) as archive:
        for name, content in members.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def write_folder(path, members):
    for name, content in members.items():
        place = path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


WRITERS = {
    "folder": write_folder,
    "data.zip": write_zip,
    "data.csv": write_zip,
    "data.tar": write_tar,
    "data.tgz": lambda path, members: write_tar(path, members, "w:gz"),
    "data.tar.xz": lambda path, members: write_tar(path, members, "w:xz"),
    "data.tar.bz2": lambda path, members: write_tar(path, members, "w:bz2"),
}
