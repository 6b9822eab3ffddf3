"""Text in other encodings than UTF-8: detected or named, block by block, in every format."""

import io
import json
import os
import sys
import threading

import pytest
from helpers.readers import read, write

from fastlr.files.inputs.encodings import DecodedFile, detect
from fastlr.files.reader import Reader
from fastlr.files.streams import BLOCK, ReadError

# Sentences about everyday things in some languages, and encodings that files in them have.
SENTENCES = {
    "German": ("Das Frühstück war köstlich, die Straße schön und die Gäste fröhlich", ["cp1252", "iso8859-1"]),
    "French": ("Le café était très bon, mais la forêt près du château a brûlé", ["cp1252", "iso8859-15"]),
    "Polish": ("Zażółć gęślą jaźń, proszę, był świetny wieczór i ciepły dzień", ["cp1250", "iso8859-2"]),
    "Russian": ("Сегодня была хорошая погода, и мы долго гуляли по старому городу", ["cp1251", "koi8-r", "cp866"]),
    "Greek": ("Αυτή η ταινία ήταν πολύ καλή και το φαγητό ήταν νόστιμο σήμερα", ["cp1253", "iso8859-7"]),
    "Chinese": ("这部电影非常好看,我们都很喜欢,饭菜也很好吃", ["gbk", "gb18030", "big5"]),
    "Japanese": ("この映画はとても面白かったです。食事も美味しかった", ["shift_jis", "euc_jp", "iso2022_jp"]),
    "Korean": ("이 영화는 정말 재미있었고 음식도 아주 맛있었습니다", ["euc_kr"]),
    "Thai": ("หนังเรื่องนี้สนุกมากและอาหารก็อร่อยมาก", ["cp874"]),
}  # fmt: skip


def rows_in(language, encoding, n=40):
    text = SENTENCES[language][0].replace(",", " ").encode(encoding, "ignore").decode(encoding)
    return [("ab"[i % 2], f"{text} {i}") for i in range(n)]


def content_of(rows, encoding, line_end="\n"):
    return line_end.join(["label,text", *(f"{label},{text}" for label, text in rows), ""]).encode(encoding)


@pytest.mark.parametrize(
    ("language", "encoding"), [(name, encoding) for name, (_, encodings) in SENTENCES.items() for encoding in encodings]
)
def test_encodings_are_detected(tmp_path, language, encoding):
    rows = rows_in(language, encoding)
    path = write(tmp_path, "a.csv", content_of(rows, encoding))
    assert read(path) == rows
    assert read(path, encoding=encoding) == rows


@pytest.mark.parametrize("mark", [True, False], ids=["mark", "bare"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_encodings_of_unicode(tmp_path, encoding, mark):
    rows = rows_in("German", "utf-8")
    content = content_of(rows, encoding)
    path = write(tmp_path, "a.csv", ("\ufeff".encode(encoding) if mark else b"") + content)
    with Reader(str(path)) as reader:
        assert reader.encoding == (None if encoding == "utf-8" else encoding)
        assert reader.layout.names == ("label", "text")
    assert read(path) == rows
    assert read(path, encoding=encoding) == rows


@pytest.mark.parametrize("end", ["\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_chinese_in_utf_16_has_few_zeros(tmp_path, encoding, end):
    rows = [("好", "电影很好"), ("坏", "电影不好")] * 3
    content = "".join(f"{label},{text}{end}" for label, text in rows).encode(encoding)
    assert read(write(tmp_path, "a.csv", content), label="1", text="2", header=False) == rows


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_of_letters_with_zeros_in_the_other_place(tmp_path, encoding):
    rows = [("好", "一直很好"), ("坏", "一般不好")] * 3
    content = "".join(f"{label},{text}\n" for label, text in rows).encode(encoding)
    assert read(write(tmp_path, "a.csv", content), label="1", text="2", header=False) == rows


def test_json_of_one_line_in_utf_16_has_few_zeros(tmp_path):
    rows = [("好", "电影很好"), ("坏", "电影不好")] * 20
    objects = [{"label": label, "text": text} for label, text in rows]
    content = json.dumps(objects, ensure_ascii=False, separators=(",", ":")).encode("utf-16-be")
    assert read(write(tmp_path, "a", content)) == rows


def test_zeros_that_separate_words_are_no_utf_16(tmp_path):
    rows = [("x", "one word and another\0with a zero"), ("y", "three or four words\0more")] * 20
    path = write(tmp_path, "a.csv", content_of(rows, "utf-8"))
    if sys.version_info < (3, 11):
        with pytest.raises(ReadError, match=r"a\.csv: is not CSV: line contains NUL"):
            read(path)
    else:
        assert read(path) == rows


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("naïve “quotes”", "cp1252"),
        ("über también año más película", "cp1252"),
        ("it\u2019s “so-called”, a café… très bien", "cp1252"),
        ("it\u2019s “so-called”, a café… très bien", "mac-roman"),
        ("it\u2019s “so-called”", "cp1252"),
        ("très cher, déjà", "cp850"),
        ("żółć z Łodzi, święto", "cp1250"),
        ("příliš žluťoučký kůň", "iso8859-2"),
        ("очень хорошо", "cp1251"),
    ],
)
def test_a_few_words_in_english_text_are_enough(text, encoding):
    lines = ["it was a good film and a fine place", "there was nothing to see here"] * 50
    found = detect("\n".join([*lines, *[f"they said it was {text} again"] * 5]).encode(encoding))
    assert found.encoding == encoding


def test_bytes_that_do_not_decide():
    """The last one is a letter in most encodings, and a sign in one."""
    lines = ["it was a good film"] * 90 + ["they said café, 5€ again"] * 9
    assert detect("\n".join(lines).encode("iso8859-15")) == ("cp1252", ("iso8859-15",))


def test_letters_that_few_languages_have():
    """Those of Icelandic in cp1252 are those of Turkish and of Baltic languages in others."""
    lines = ["it was a good film"] * 900 + ["they said ačiū again", "and šiandien, žuvis, ėmė there"] * 9
    found = detect("\n".join(lines).encode("cp1257"))
    assert "cp1257" in (found.encoding, *found.others)


@pytest.mark.parametrize("eager", [False, True])
def test_the_first_bytes_beyond_ascii_may_come_late(tmp_path, eager):
    """The encoding is not known before, and the bytes before are the same in all."""
    plain = [("ab"[i % 2], f"plain words {i}") for i in range(BLOCK // 16)]
    rows = plain + rows_in("German", "cp1252")
    path = write(tmp_path, "a.csv", content_of(rows, "cp1252"))
    with Reader(str(path), eager=eager) as reader:
        assert reader.encoding is None
        texts = [text.decode() for batch in reader for text in batch.documents]
        assert reader.encoding == "cp1252"
    assert texts == [text for _, text in rows]


@pytest.mark.parametrize("encoding", ["utf-16-le", "gb18030", "shift_jis", "utf-8"])
@pytest.mark.parametrize("size", [1, 3, 7])
def test_characters_may_be_cut_anywhere(encoding, size):
    """A pipe gives a few bytes at a time."""
    text = "".join(f"{c} ok\n" for c in "映画は面白かった" * 20)

    class Pipe(io.BytesIO):
        def read1(self, n=-1):
            return super().read1(min(n, size))

    file, found = DecodedFile(Pipe(text.encode(encoding)), encoding, eager=True), b""
    while data := file.read1(5):
        found += data
    assert found.decode() == text


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_carriage_returns_alone_end_lines(tmp_path, encoding):
    """As on old Macintosh computers."""
    rows = rows_in("German", "cp1252")
    assert read(write(tmp_path, "a.csv", content_of(rows, encoding, "\r"))) == rows
    assert read(write(tmp_path, "a.csv", content_of(rows, encoding, "\r\n"))) == rows


FORMATS = {
    "a.tsv": "".join("{label}\t{text}\n" for _ in "x"),
    "a.jsonl": '{{"label": "{label}", "text": "{text}"}}\n',
    "a.fasttext": "__label__{label} {text}\n",
    "a.vw": "{label} | {text}\n",
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_decoded(tmp_path, name):
    rows = rows_in("French", "cp1252")
    content = "".join(FORMATS[name].format(label=label, text=text) for label, text in rows)
    for encoding in ("cp1252", "utf-16"):
        assert read(write(tmp_path, name, content.encode(encoding))) == rows


def test_lines_of_another_encoding_are_bad(tmp_path):
    """Most lines are UTF-8, so that the others are at fault."""
    content = content_of(rows_in("German", "utf-8"), "utf-8") + "a,Käse schmeckt großen Mäusen\n".encode("cp1252")
    path = write(tmp_path, "a.csv", content)
    with pytest.raises(ReadError, match=r"1 bad line: line 42 \(not UTF-8, perhaps cp1252\)"):
        read(path)
    with Reader(str(path), skip_bad_lines=True) as reader:
        assert sum(map(len, reader)) == 40
        assert reader.encoding is None


def test_bytes_that_the_named_encoding_lacks_are_bad(tmp_path):
    path = write(tmp_path, "a.csv", b"label,text\na,one\nb,two\x81\na,three\nb,caf\xe9\n")
    with pytest.raises(ReadError, match=r"1 bad line: line 3 \(not cp1252\)"):
        read(path, encoding="windows-1252")
    assert read(path, encoding="cp1252", skip_bad_lines=True) == [("a", "one"), ("a", "three"), ("b", "café")]


@pytest.mark.parametrize("name", ["no-such", "base64", ""])
def test_unknown_encodings_are_refused(tmp_path, name):
    with pytest.raises(ReadError, match=f"--encoding '{name}' is unknown; use a name such as utf-8, cp1252"):
        read(write(tmp_path, "a.csv", "label,text\na,one\n"), encoding=name)


def test_a_pipe_is_decoded_as_it_comes(monkeypatch):
    """The lines so far are yielded before the next ones are written."""
    source, target = os.pipe()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(os.fdopen(source, "rb")))
    more = threading.Event()

    def pour():
        with os.fdopen(target, "wb") as pipe:
            pipe.write("schöne Straße\n".encode("cp1252"))
            pipe.flush()
            assert more.wait(60)
            pipe.write("größer\n".encode("cp1252"))

    thread = threading.Thread(target=pour)
    thread.start()
    with Reader("-", with_labels=False, eager=True) as reader:
        batches = iter(reader)
        assert [text.decode() for text in next(batches).documents] == ["schöne Straße"]
        more.set()
        assert [text.decode() for batch in batches for text in batch.documents] == ["größer"]
    thread.join()


@pytest.mark.parametrize(("encoding", "end"), [("cp1252", "\r"), ("cp1252", "\n"), ("mac-roman", "\r")])
def test_carriage_returns_are_no_sign_of_mac_roman(encoding, end):
    lines = [
        '"True";"72";" ich essen das | das buch schlecht";"ich mit | mit auch";"71"',
        '"True";"95";" ""auch"" war";"müssen";"94"',
        '"False";"99";"wieder weiß die film über der";"mädchen ""schön"" straße";"98"',
    ]
    assert detect("".join(line + end for line in lines).encode(encoding)).encoding == encoding
