"""The registry of file formats: its entries are consistent, and every text format reads what it writes."""

import functools
import subprocess
import sys

import pytest

from fastlr.files.reader import Reader
from fastlr.files.registry import FORMATS, READ_BY_NAME, STORE_FILE, WRITTEN, format_of_suffix, resolve
from fastlr.store import manifest

DOCUMENTS = [("good", "a fine film"), ("bad", "a dull film"), ("good", "fine acting, fine plot")]


def test_names_and_suffixes_are_unique():
    suffixes = [suffix for format in FORMATS.values() for suffix in format.suffixes]
    assert len(set(suffixes)) == len(suffixes)
    assert all(format_of_suffix(f"data{suffix}").suffixes.count(suffix) for suffix in suffixes)
    assert all(format.name == name for name, format in FORMATS.items())
    assert set(READ_BY_NAME) <= set(FORMATS)
    assert set(WRITTEN) <= set(FORMATS)


def test_a_store_is_recognised_by_its_manifest():
    assert STORE_FILE == manifest.NAME


@pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS)
def test_functions_exist_where_the_registry_says(format):
    assert (format.read is None) == (format.content == "model")
    functions = [format.sniff, format.locate, format.read, format.write]
    assert all(callable(resolve(f.args[0])) for f in functions if isinstance(f, functools.partial))


@pytest.mark.parametrize("name", [name for name in WRITTEN if FORMATS[name].content == "documents"])
def test_documents_are_read_as_written(tmp_path, name):
    path = str(tmp_path / f"data{FORMATS[name].suffixes[0]}")
    FORMATS[name].write(path, DOCUMENTS)
    (tmp_path / "data").write_bytes((tmp_path / path).read_bytes())
    for source, asked in ((path, None), (str(tmp_path / "data"), name)):
        with Reader(source, asked) as reader:
            found = [
                (reader.labels.names[code], text.decode())
                for batch in reader
                for code, text in zip(batch.labels.tolist(), batch.documents, strict=True)
            ]
        assert reader.layout.format == name
        assert found == DOCUMENTS


def test_the_registry_imports_no_format():
    code = (
        "import sys, fastlr.files.registry\n"
        "print(*(name for name in sys.modules if name.startswith(('fastlr.files.', 'numpy'))))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert set(said.split()) == {"fastlr.files.registry"}
