"""Documents from lists, columns of tables, Arrow arrays and buffers."""

import numpy as np
import pytest

from fastlr.text import Documents


def test_kinds_of_columns(tmp_path):
    import pandas as pd

    texts = ["one", "två", "", "four"]
    encoded = [text.encode() for text in texts]
    for column in (
        *(texts, tuple(texts), encoded, [texts[0], *encoded[1:]], iter(texts), np.array(texts), np.array(encoded)),
        *(np.array(texts, object), pd.Series(texts), pd.Series(texts).astype("category"), pd.Index(texts)),
        *(pd.Series(texts, index=[5, 5, 6, 6], dtype=object), (text for text in texts), dict.fromkeys(texts).keys()),
        *(np.array(list(map(np.str_, texts))), Documents.from_texts(texts)),
    ):
        assert list(Documents.from_texts(column)) == encoded
    many = [str(i) for i in range(2000)]
    assert [d.decode() for d in Documents.from_texts(many)] == many


def test_columns_of_arrow():
    pa = pytest.importorskip("pyarrow")
    for column in (pa.array(["one", "två"]), pa.chunked_array([["one"], ["två"]])):
        assert [d.decode() for d in Documents.from_texts(column)] == ["one", "två"]


def test_columns_of_polars():
    pl = pytest.importorskip("polars")
    assert list(Documents.from_texts(pl.Series(["one", "two"]))) == [b"one", b"two"]
    with pytest.raises(ValueError, match=r"one-dimensional; got DataFrame of shape \(2, 1\). Pass one column"):
        Documents.from_texts(pl.DataFrame({"text": ["one", "two"]}))


def test_tables_are_not_taken_for_the_names_of_their_columns():
    import pandas as pd

    pa = pytest.importorskip("pyarrow")
    content = {"text": ["good film"] * 5, "title": ["x"] * 5}
    frame = pd.DataFrame(content)
    for table, found in (
        (frame, r"DataFrame of shape \(5, 2\)"),
        (frame[["text"]], r"DataFrame of shape \(5, 1\)"),
        (frame.to_numpy(), r"ndarray of shape \(5, 2\)"),
        (frame[["text"]].to_numpy(str), r"ndarray of shape \(5, 1\)"),
        (pa.table(content), r"Table of shape \(5, 2\)"),
        (np.array("text"), r"ndarray of shape \(\)"),
        (content, "dict"),
    ):
        with pytest.raises(ValueError, match=f"documents must be one-dimensional; got {found}. Pass one column"):
            Documents.from_texts(table)


def test_missing_texts_are_named():
    import pandas as pd

    pa = pytest.importorskip("pyarrow")
    for column, name in (
        (pd.Series(["x", None], dtype=object), "NoneType"),
        (pd.Series(["x", np.nan]), "float"),
        (pd.Series(["x", None], dtype="string"), "NAType"),
        (np.array(["x", None]), "NoneType"),
        (np.ma.array(["x", "y"], mask=[0, 1]), "NoneType"),
        (pa.array(["x", None]), "NoneType"),
    ):
        with pytest.raises(TypeError, match=f"documents must be str or bytes, but document 1 is a {name}"):
            Documents.from_texts(column)


def test_texts_by_number():
    """Data sets of other libraries, which have no iterator of their own."""

    class Texts:
        def __getitem__(self, number):
            return ["x", "yz"][number]

    assert list(Documents.from_texts(Texts())) == [b"x", b"yz"]


def test_texts_that_are_none():
    for wrong, name in ((None, "NoneType"), (3, "int"), (float("nan"), "float"), (["x"], "list")):
        with pytest.raises(TypeError, match=f"document 1 is a {name}"):
            Documents.from_texts(["x", wrong])
    with pytest.raises(TypeError, match="document 700 is a float"):
        Documents.from_texts(["x"] * 700 + [1.5])
    for text in ("x", b"x"):
        with pytest.raises(ValueError, match="Iterable over raw text documents expected, string object received"):
            Documents.from_texts(text)
    with pytest.raises(ValueError, match=r"document 1 contains half of a surrogate pair, '\\ud800' at position 2"):
        Documents.from_texts(["x", "ab\ud800"])
    with pytest.raises(TypeError, match="must be an iterable of str or bytes, not int"):
        Documents.from_texts(3)


def test_documents_outside_their_buffer():
    for starts, stops, message in (
        ([0], [4], r"document 0 is buffer\[0:4\], not inside the buffer of 3 bytes"),
        ([0, -1], [1, 1], r"document 1 is buffer\[-1:1\], not"),
        ([0, 2], [1, 1], r"document 1 is buffer\[2:1\], not"),
        ([0], [1, 2], "the same length; got 1 and 2"),
        ([0.5], [1], "starts must be a one-dimensional array of integers; got float64"),
        ([[0]], [[1]], "starts must be a one-dimensional array"),
    ):
        with pytest.raises(ValueError, match=message):
            Documents(b"abc", starts, stops)
    with pytest.raises(ValueError, match="buffer must be a one-dimensional array of bytes"):
        Documents(np.zeros(3), [0], [1])
