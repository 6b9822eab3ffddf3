"""Workbooks and databases, whose tables are read like the members of an archive, and files at URLs."""

import csv
import datetime
import io
import sqlite3
import zipfile

import pytest
from helpers.archives import TABLE, write_zip
from helpers.readers import ROWS, read, rows_of

from fastlr.files.reader import Reader
from fastlr.files.streams import ReadError


def write_database(path, **tables):
    with sqlite3.connect(path) as database:
        for name, rows in tables.items():
            quoted = name.replace('"', '""')
            database.execute(f'CREATE TABLE "{quoted}" (id INTEGER, label TEXT, text TEXT)')
            database.executemany(f'INSERT INTO "{quoted}" VALUES (?, ?, ?)', [(i, *row) for i, row in enumerate(rows)])
    database.close()
    return path


def test_a_database_of_one_table(tmp_path):
    rows = [("x", 'say "no",\nor not'), ("y", "naïve"), ("x", "")]
    path = write_database(tmp_path / "a.txt", **{'odd "name"': rows})
    assert read(path) == rows


def test_a_choice_among_several_tables(tmp_path):
    path = write_database(tmp_path / "a.db", reviews=ROWS, users=ROWS[:2])
    with pytest.raises(
        ReadError, match=r"a\.db: has several tables: reviews, users; name one, such as .*a\.db/reviews"
    ):
        read(path)
    assert read(path / "users") == ROWS[:2]
    path = write_database(tmp_path / "b.db", train=ROWS, test=ROWS[:2])
    with Reader(str(path), use="train") as reader:
        assert rows_of(reader) == ROWS


@pytest.mark.parametrize("options", [{"format": "csv"}, {"encoding": "cp1252"}, {"sep": ","}, {"quote": "'"}])
def test_options_for_text_do_not_apply_to_tables(tmp_path, options):
    with pytest.raises(
        ReadError, match=f"--{next(iter(options))} does not apply to a table of a workbook or a database"
    ):
        read(write_database(tmp_path / "a.db", reviews=ROWS), **options)


def test_a_null_is_a_bad_line(tmp_path):
    path = write_database(tmp_path / "a.db", reviews=[*ROWS, ("x", None)])
    with pytest.raises(ReadError, match=r"1 bad line: line 5 \(no text in 'text'\)"):
        read(path)


def test_a_damaged_database(tmp_path):
    (tmp_path / "a.db").write_bytes(b"SQLite format 3\0" + b"x" * 200)
    with pytest.raises(ReadError, match=r"a\.db: is a damaged database: "):
        read(tmp_path / "a.db")


SHEET = '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'


def write_workbook(path, sheets):
    """Write a workbook of Excel without a library: tests of reading must not depend on one that writes."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kinds = {
        "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        **{
            f"xl/worksheets/sheet{k}.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
            for k in range(1, len(sheets) + 1)
        },
    }
    overrides = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in kinds.items())
    relation = '<Relationship Id="rId{}" Type="{}/{}" Target="{}"/>'.format
    listed = "".join(f'<sheet name="{name}" sheetId="{k}" r:id="rId{k}"/>' for k, name in enumerate(sheets, 1))
    targets = "".join(relation(k, office, "worksheet", f"worksheets/sheet{k}.xml") for k in range(1, len(sheets) + 1))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    members = {
        "[Content_Types].xml": f'<?xml version="1.0"?><Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>',
        "_rels/.rels": f'<?xml version="1.0"?><Relationships xmlns="{package}/relationships">'
        f"{relation(1, office, 'officeDocument', 'xl/workbook.xml')}</Relationships>",
        "xl/workbook.xml": f'<?xml version="1.0"?><workbook xmlns="{main}" xmlns:r="{office}">'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<?xml version="1.0"?><Relationships xmlns="{package}/relationships">'
        f"{targets}</Relationships>",
    }
    for k, rows in enumerate(sheets.values(), 1):
        lines = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
        members[f"xl/worksheets/sheet{k}.xml"] = SHEET.format(lines)
    return write_zip(path, members)


def _cell(value):
    if isinstance(value, (int, float)):
        return f"<c><v>{value}</v></c>"
    text = value.replace("&", "&amp;").replace("<", "&lt;")
    return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv"])
def test_a_workbook(tmp_path, name):
    """All numbers of Excel are of floating point; a cell may hold lines, and a sheet may be empty."""
    pytest.importorskip("python_calamine")
    rows = [("stars", "review"), (5, "a fine film,\nand <short>"), (1.0, 'a "dull" one'), (5, "naïve"), (4.5, "so so")]
    path = write_workbook(tmp_path / name, {"Reviews": rows, "Sheet2": []})
    expected = [("5", rows[1][1]), ("1", rows[2][1]), ("5", "naïve"), ("4.5", "so so")]
    assert read(path, label="stars", text="review") == expected
    with Reader(str(path), label="stars", text="review") as reader:
        assert reader.name == f"{path}/Reviews"


def write_open_document(path, rows):
    """Write a workbook of LibreOffice without a library."""
    cells = [
        "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in row
        )
        for row in rows
    ]
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    listed = "".join(f"<table:table-row>{row}</table:table-row>" for row in cells)
    parts = {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": f'<?xml version="1.0"?><office:document-content{names} office:version="1.2"><office:body>'
        f'<office:spreadsheet><table:table table:name="Reviews">{listed}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>",
        "META-INF/manifest.xml": '<?xml version="1.0"?><manifest:manifest '
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_an_open_document(tmp_path):
    pytest.importorskip("python_calamine")
    path = write_open_document(tmp_path / "a.ods", [("label", "text"), *ROWS])
    assert read(path) == ROWS
    assert read(path / "Reviews") == ROWS


def test_a_workbook_of_several_sheets(tmp_path):
    pytest.importorskip("python_calamine")
    sheet = [("label", "text"), *ROWS]
    path = write_workbook(tmp_path / "a.xlsx", {"one": sheet, "two": sheet[:3]})
    with pytest.raises(ReadError, match=r"a\.xlsx: has several tables: one, two; name one, such as .*a\.xlsx/one"):
        read(path)
    assert read(path / "two") == ROWS[:2]


def test_a_workbook_without_its_package(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "python_calamine", None)
    path = write_workbook(tmp_path / "a.xlsx", {"one": [("label", "text"), *ROWS]})
    with pytest.raises(ReadError, match=r"a\.xlsx: is a workbook: pip install 'fastlr\[excel\]' to read it"):
        read(path)


def test_files_at_urls(tmp_path):
    fsspec = pytest.importorskip("fsspec")
    (tmp_path / "a.csv").write_text(TABLE)
    assert read(f"file://{tmp_path}/a.csv") == ROWS
    memory = fsspec.filesystem("memory")
    memory.pipe({"/set/train.csv": TABLE.encode(), "/set/test.csv": b"label,text\nx,y\n", "/set/readme.md": b""})
    write_zip(tmp_path / "a.zip", {"a.csv": TABLE})
    memory.pipe("/a.zip", (tmp_path / "a.zip").read_bytes())
    assert read("memory://set/train.csv") == ROWS
    assert read("memory://set", use="train") == ROWS
    assert read("memory://set/tr*.csv") == ROWS
    assert read("memory://a.zip") == ROWS
    with pytest.raises(FileNotFoundError):
        read("memory://none.csv")
    with pytest.raises(ReadError, match=r"memory://none\*\.csv: no file has such a name"):
        read("memory://none*.csv")
    with pytest.raises(ReadError, match="nowhere://a: Protocol not known: nowhere"):
        read("nowhere://a")


def test_urls_without_fsspec(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "fsspec", None)
    with pytest.raises(ReadError, match=r"https://localhost/a\.csv: .*pip install 'fastlr\[remote\]'"):
        read("https://localhost/a.csv")


@pytest.mark.filterwarnings("ignore:Feather V1:DeprecationWarning")
@pytest.mark.parametrize("kind", ["parquet", "file", "stream", "ORC", "compressed ORC", "Feather 1"])
@pytest.mark.parametrize("place", ["file", "pipe", "zip"])
def test_parquet_and_arrow_from_anywhere(tmp_path, monkeypatch, kind, place):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet

    labels, texts = zip(*ROWS, strict=True)
    table, path = pa.table({"label": labels, "text": texts}), tmp_path / "a"
    if kind == "parquet":
        pyarrow.parquet.write_table(table, path)
    elif kind == "Feather 1":
        feather = pytest.importorskip("pyarrow.feather")
        try:
            feather.write_feather(table, str(path), version=1)
        except (TypeError, ValueError):
            pytest.skip("pyarrow no longer writes it")
    elif "ORC" in kind:
        orc = pytest.importorskip("pyarrow.orc")
        orc.write_table(table, str(path), compression="zlib" if "compressed" in kind else "uncompressed")
    else:
        with (pa.ipc.new_file if kind == "file" else pa.ipc.new_stream)(path, table.schema) as writer:
            writer.write_table(table)
    if place == "file":
        assert read(path) == ROWS
    elif place == "zip":
        assert read(write_zip(tmp_path / "a.zip", {"a": path.read_bytes()})) == ROWS
    else:
        with open(path, "rb") as file:
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(file))
            assert read("-") == ROWS


def test_orc_of_several_stripes(tmp_path):
    """All of them are read, and sampled: the labels are sorted."""
    pa, orc = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.orc")
    rows = [("ab"[i >= 30_000], f"text {i} " + "word " * 20) for i in range(60_000)]
    labels, texts = zip(*rows, strict=True)
    orc.write_table(pa.table({"x": labels, "y": texts}), str(tmp_path / "a.orc"), stripe_size=1 << 16, batch_size=1000)
    assert orc.ORCFile(str(tmp_path / "a.orc")).nstripes > 1
    assert read(tmp_path / "a.orc") == rows
    (tmp_path / "b.orc").write_bytes((tmp_path / "a.orc").read_bytes()[:-9])
    with pytest.raises(ReadError, match=r"b\.orc: is not an intact Parquet, Arrow or ORC file"):
        read(tmp_path / "b.orc")


def test_text_that_begins_as_orc(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("ORC,text\na,a fine film\nb,a dull film\n")
    assert read(path, label="ORC") == [("a", "a fine film"), ("b", "a dull film")]


@pytest.mark.parametrize("kind", ["binary", "large_binary", "large_string", "string_view", "dictionary"])
def test_kinds_of_strings_in_parquet(tmp_path, kind):
    """Impala, Hive and old versions of Spark write strings as bytes."""
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet

    labels, texts = (pa.array(column) for column in zip(*ROWS, strict=True))
    if kind == "dictionary":
        columns = [labels.dictionary_encode(), texts.dictionary_encode()]
    else:
        columns = [column.cast(getattr(pa, kind)()) for column in (labels, texts)]
    pyarrow.parquet.write_table(pa.table(columns, ["label", "text"]), tmp_path / "a")
    assert read(tmp_path / "a") == ROWS


def test_bytes_in_parquet_that_are_not_utf_8(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet

    texts = pa.array([b"one", b"caf\xe9", b"three"])
    pyarrow.parquet.write_table(pa.table({"label": ["x", "y", "y"], "text": texts}), tmp_path / "a")
    with pytest.raises(ReadError, match=r"1 bad line: line 2 \(no text\)"):
        read(tmp_path / "a")
    assert read(tmp_path / "a", skip_bad_lines=True) == [("x", "one"), ("y", "three")]


def test_errors_of_parquet_have_the_name_once(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet

    when = [datetime.date(2020, 1, 1)] * 2
    pyarrow.parquet.write_table(pa.table({"label": when, "text": ["a", "b"]}), tmp_path / "a")
    with pytest.raises(ReadError) as caught:
        read(tmp_path / "a", label="label", text="text")
    assert str(caught.value).count(str(tmp_path / "a")) == 1
    assert "column 'label' must hold numbers, booleans or strings" in str(caught.value)


def test_a_zip_archive_that_is_no_workbook(tmp_path):
    """The parts of a document of a word processor are no tables."""
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<xml/>")
    with pytest.raises(ReadError, match=r"a\.docx/word/document\.xml: "):
        read(path)


def test_archives_that_hold_no_data(tmp_path):
    with pytest.raises(ReadError, match=r"a\.zip: has no files with data"):
        read(write_zip(tmp_path / "a.zip", {}))
    document = {"[Content_Types].xml": "<Types/>", "word/document.xml": "<document/>"}
    with pytest.raises(ReadError, match=r"a\.docx: is a document of an office program, not data"):
        read(write_zip(tmp_path / "a.docx", document))


def test_a_file_that_git_lfs_did_not_fetch(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")
    with pytest.raises(
        ReadError, match=r"a\.csv: is a pointer of Git LFS, not the file itself: git lfs pull fetches it"
    ):
        read(path)


def test_a_header_longer_than_what_is_looked_at(tmp_path):
    path, names = tmp_path / "a.csv", [f"c{i:09d}" for i in range(30_000)]
    rows = [[label, text, *["1"] * len(names)] for label, text in ROWS * 3]
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["label", "text", *names], *rows])
    with Reader(str(path)) as reader:
        assert reader.layout.n_columns == 30_002
        assert rows_of(reader) == ROWS * 3
