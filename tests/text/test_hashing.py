"""Texts to rows: the kernels against the naive path and scikit-learn, and everything that a text may hold."""

import itertools
import json
import subprocess
import sys
import threading
import unicodedata

import numpy as np
import pytest
from helpers import backends
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fastlr
from fastlr.kernels.compilers.python import bind_sources
from fastlr.text import Documents, Hasher, HashingVectorizer, ngrams, scanner, unicode_tables
from fastlr.text.analyzer import Analyzer
from fastlr.text.scanner import OutputBuffer

LETTERS = "aZ_09éÀßΣσςПривет中文हिन्दी ْ\u0301İıKȺẞ𝐀𐐀٣½"
BREAKS = " \t\n\0-,.'’—\u00a0\u2003\u3000😀\ufffd\ue000"

characters = st.sampled_from(LETTERS + BREAKS) | st.characters(exclude_categories=["Cs"])
strings = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyzABCXYZ0159_     -.,")) | st.text(characters)
broken = st.lists(st.binary(max_size=4) | strings.map(str.encode), max_size=6).map(b"".join)


def as_dicts(rows):
    """Rows as dicts; no column may come twice."""
    indptr, indices, data = rows
    dicts = []
    for start, stop in itertools.pairwise(indptr):
        dicts.append(dict(zip(indices[start:stop].tolist(), data[start:stop].tolist(), strict=True)))
        assert len(dicts[-1]) == stop - start
    return dicts


def assert_same(rows, expected, tolerance=1e-12):
    rows, expected = as_dicts(rows), as_dicts(expected)
    assert len(rows) == len(expected)
    for row, wanted in zip(rows, expected, strict=True):
        assert row.keys() == wanted.keys()
        np.testing.assert_allclose(list(row.values()), [wanted[k] for k in row], rtol=tolerance, atol=tolerance)


hashers = st.builds(
    lambda sizes, stop, analyzer, **rest: Hasher(
        ngram_range=(min(sizes), max(sizes)), analyzer=analyzer, stop_words=stop if analyzer == "word" else None, **rest
    ),
    sizes=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stop=st.sampled_from([None, ["a", "ab", "ПРИВЕТ"]]),
    analyzer=st.sampled_from(["word", "char_wb"]),
    n_features=st.sampled_from([1, 2, 7, 1000, 2**20, 2**31 - 1, 2**31]),
    lowercase=st.booleans(),
    min_token_length=st.integers(1, 3),
    signed=st.booleans(),
    weighting=st.sampled_from(["count", "binary", "log"]),
    norm=st.sampled_from(["l2", None]),
    decode_error=st.sampled_from(["ignore", "replace"]),
)
FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FUZZ
@given(hasher=hashers, texts=st.lists(strings | broken, max_size=5))
def test_the_kernels_hash_as_the_naive_path_does(compiled, hasher, texts):
    assert_same(hasher.transform(texts, compiled), hasher.transform(texts, "numpy"))


@FUZZ
@given(hasher=hashers, texts=st.lists(strings | broken, max_size=5))
def test_small_batches_and_little_room_change_nothing(compiled, hasher, texts):
    """Every way in which a kernel may leave and come back, in texts that are short."""
    expected = hasher.transform(texts, "numpy")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanner, "BATCH", 3)
        patch.setattr("fastlr.text.hasher.BATCH", 3)
        patch.setattr("fastlr.text.hasher.BUDGET", 1)
        patch.setattr("fastlr.text.hasher.FIRST_ROOM", 0)
        patch.setattr("fastlr.text.hasher.FIRST_SLOTS", 64)
        patch.setattr(scanner, "FIRST_SCRATCH", 32)
        patch.setattr(scanner, "LOOK", 16)
        assert_same(hasher.transform(texts, compiled), expected)


@FUZZ
@given(data=broken)
def test_bytes_that_are_not_utf8_are_an_error_where_python_has_it(backend, data):
    hasher = Hasher()
    try:
        data.decode()
    except UnicodeDecodeError as error:
        with pytest.raises(ValueError, match=f"document 1 is not UTF-8: byte 0x.. at offset {error.start};"):
            hasher.transform([b"fine", data], backend)
        if backend != "numpy":
            with pytest.raises(ValueError, match=f"document 0 is not UTF-8: byte 0x.. at offset {error.start};"):
                Hasher(analyzer="char_wb").transform([data], backend)
    else:
        hasher.transform([data], backend)


@pytest.mark.parametrize("decode_error", ["ignore", "replace"])
def test_what_stands_for_bytes_that_are_not_utf8(backend, decode_error):
    hasher = Hasher(decode_error=decode_error, norm=None, signed=False)
    wanted = [b"caf\xc3\xa9 ab"] if decode_error == "ignore" else [b"caf\xc3\xa9 a b"]
    assert_same(hasher.transform([b"caf\xc3\xa9 a\xff\xe2\x82b"], backend), hasher.transform(wanted, backend))


def test_the_hash_is_what_it_was(backend):
    """Models hold columns: a change of the hash would be a change of the file format."""
    texts = ["The quick brown fox", "Грёзы и 東京 internationalization"]
    rows = Hasher(n_features=2**31, ngram_range=(1, 2), norm=None, sort_indices=True).transform(texts, backend)
    assert [array.tolist() for array in rows] == GOLDEN


GOLDEN = [
    [0, 7, 14],
    [
        30907040,
        65892328,
        735843757,
        800660143,
        1014193572,
        1058920853,
        1972616742,
        166950839,
        500479147,
        539498856,
        746445647,
        938962938,
        1184439762,
        1959039325,
    ],
    [1, -1, 1, 1, 1, 1, 1, 1, 1, -1, -1, 1, -1, 1],
]


def test_every_letter_of_unicode(compiled):
    """All code points, one to a document: with a letter the word is longer, with anything else there are two."""
    codes = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    if compiled == "cython":
        codes = codes[:0x3000] + codes[0x3000::37]
    rows = Hasher(n_features=2**31, norm=None, signed=False).transform([f"x{chr(code)}y" for code in codes], compiled)
    n_words = np.diff(rows[0])
    for code, n in zip(codes, n_words.tolist(), strict=True):
        character = chr(code)
        letter = unicodedata.category(character)[0] in "LNM" or character == "_"
        assert n == (1 if letter else 2), hex(code)


def test_lower_case(backend):
    hasher = Hasher(n_features=2**31)
    text = "".join(chr(c) for c in range(0x80, 0x3000) if len(chr(c).lower()) == 1 and chr(c).isalpha())
    words = [text[i : i + 9] for i in range(0, len(text), 9)]
    lower = [" ".join(c.lower() for c in word).replace(" ", "") for word in words]
    np.testing.assert_array_equal(hasher.transform(words, backend)[1], hasher.transform(lower, backend)[1])
    assert hasher.transform(["ΑΣ"], backend)[1] == hasher.transform(["ασ"], backend)[1]  # not the final "ς"
    assert hasher.transform(["İ"], backend)[1] != hasher.transform(["i\u0307"], backend)[1]


def test_tables_for_ascii_are_part_of_those_of_unicode():
    for characters_ in (False, True):
        for lowercase in (False, True):
            full = unicode_tables.unicode_tables(characters_, lowercase)
            np.testing.assert_array_equal(full.alphabet, unicode_tables.ascii_table(characters_, lowercase))
            for code in range(128):
                change = int(full.changes[256 * int(full.pages[0]) + code])
                assert full.alphabet[code] == (change and code + change - unicode_tables.NO_CHANGE)


def test_hashes_spread_evenly(compiled):
    """Words that differ little, and their pairs: columns, and signs, as by chance."""
    words = [f"{prefix}{i}" for prefix in ("", "x", "word", "a_longer_word_") for i in range(20_000)]
    for sizes in ((1, 1), (2, 2)):
        for n in (1000, 1024):
            hasher = Hasher(n_features=n, norm=None, signed=False, ngram_range=sizes)
            _, indices, data = hasher.transform([" ".join(words)], compiled)
            seen = np.zeros(n)
            seen[indices] = data
            expected = seen.sum() / n
            chi2 = ((seen - expected) ** 2 / expected).sum()
            assert abs(chi2 - (n - 1)) < 5 * np.sqrt(2 * n)
        signs = Hasher(n_features=2**31, norm=None, ngram_range=sizes).transform([" ".join(words)], compiled)[2]
        assert abs(signs.sum()) < 5 * np.sqrt(len(words))
        hasher = Hasher(n_features=2**31, ngram_range=sizes)
        collisions = len(words) - len(hasher.transform([" ".join(words)], compiled)[1])
        assert collisions < 12  # 1.5 are expected


@pytest.mark.parametrize("analyzer", ["word", "char_wb"])
def test_scikit_learn_agrees_on_ngrams(backend, analyzer):
    from sklearn.feature_extraction.text import CountVectorizer

    texts = ["The cat, the CAT and the_dog 42.", "a b", "", "x", "Ünïcode für\u00a0alle — ΑΒΓ", "don't stop\n\tnow"]
    peer = CountVectorizer(token_pattern=r"(?u)\b\w+\b", analyzer=analyzer, ngram_range=(2, 4))
    counts = peer.fit_transform(texts)
    hashes = np.array([ngrams.hash_word(t) for t in peer.get_feature_names_out()], np.uint64)
    if analyzer == "word":
        hashes = np.array([ngrams.hash_words(t.split(" ")) for t in peer.get_feature_names_out()], np.uint64)
    columns = [ngrams.column_of(int(h), 2**31) for h in hashes]
    hasher = Hasher(analyzer=analyzer, ngram_range=(2, 4), n_features=2**31, norm=None, signed=False)
    rows = as_dicts(hasher.transform(texts, backend))
    for i, row in enumerate(rows):
        start, stop = counts.indptr[i : i + 2]
        wanted = dict(zip(counts.indices[start:stop].tolist(), counts.data[start:stop].tolist(), strict=True))
        assert row == {columns[k]: count for k, count in wanted.items()}


def test_values_agree_with_scikit_learn(backend):
    """The columns differ, but not what is in them."""
    from sklearn.feature_extraction.text import HashingVectorizer as Peer

    texts = ["one two two three three three", "two four", ""]
    for norm in ("l2", None):
        ours = HashingVectorizer(norm=norm, alternate_sign=False, backend=backend).transform(texts)
        theirs = Peer(norm=norm, alternate_sign=False, token_pattern=r"(?u)\b\w+\b").transform(texts)
        assert ours.shape == theirs.shape
        for i in range(3):
            np.testing.assert_allclose(np.sort(ours[[i]].data), np.sort(theirs[[i]].data), rtol=1e-12)


def test_weights(backend):
    def values(**parameters):
        return Hasher(signed=False, **parameters).transform(["a a a b"], backend)[2].tolist()

    assert values(norm=None) == [3, 1]
    assert values(norm=None, weighting="binary") == [1, 1]
    assert values(norm=None, weighting="log") == pytest.approx([1 + np.log(3), 1], rel=1e-14)
    assert values() == pytest.approx([3 / np.sqrt(10), 1 / np.sqrt(10)], rel=1e-14)
    single = Hasher(signed=False, dtype="float32").transform(["a a a b"], backend)[2]
    assert single.dtype == np.float32
    assert single.tolist() == pytest.approx([3 / np.sqrt(10), 1 / np.sqrt(10)], rel=1e-6)


def test_signs_cancel(backend):
    signed = Hasher(n_features=1, norm=None).transform(["a b c d e f g h"], backend)[2][0]
    assert abs(signed) < 8
    words = [w for w in "abcdefgh" if Hasher(n_features=1, norm=None).transform([w], backend)[2][0] < 0]
    assert 8 - 2 * len(words) == signed


def test_sorted_columns(backend):
    texts = [" ".join(str(i * j) for i in range(50)) for j in range(4)]
    plain = Hasher().transform(texts, backend)
    indptr, indices, data = Hasher(sort_indices=True).transform(texts, backend)
    assert_same((indptr, indices, data), plain)
    assert all((np.diff(indices[a:b]) > 0).all() for a, b in itertools.pairwise(indptr))


def test_stop_words_go_before_ngrams_are_made(backend):
    hasher = Hasher(ngram_range=(1, 2), stop_words=["THE", "of"])
    plain = Hasher(ngram_range=(1, 2))
    assert_same(hasher.transform(["end of the story"], backend), plain.transform(["end story"], backend))
    english = Hasher(stop_words="english").transform(["the cat is on the table"], backend)
    assert_same(english, Hasher().transform(["cat table"], backend))


def test_short_words_go_before_ngrams_are_made(backend):
    hasher = Hasher(ngram_range=(2, 2), min_token_length=2)
    plain = Hasher(ngram_range=(2, 2))
    assert_same(hasher.transform(["ab c é éa"], backend), plain.transform(["ab éa"], backend))


# What a corpus may hold.


def test_empty_documents_and_no_documents(backend):
    for hasher in (Hasher(), Hasher(analyzer="char_wb", ngram_range=(2, 3))):
        indptr, indices, data = hasher.transform(["", " ", "\0\0", "a", ""], backend)
        assert indptr[[0, 3, 5]].tolist() == [0, 0, len(indices)]
        assert len(indices) == len(data) > 0
        indptr, indices, data = hasher.transform([], backend)
        assert [len(indptr), len(indices), len(data)] == [1, 0, 0]


def test_a_nul_separates(backend):
    for analyzer in ("word", "char_wb"):
        hasher = Hasher(analyzer=analyzer)
        assert_same(hasher.transform(["ab\0cd", b"\0x"], backend), hasher.transform(["ab cd", "x"], backend))


def test_a_million_equal_words(compiled):
    for dtype in ("float32", "float64"):
        indptr, _, data = Hasher(norm=None, signed=False, dtype=dtype).transform(["same " * 10**6], compiled)
        assert indptr.tolist() == [0, 1]
        assert data.tolist() == [10**6]


def test_a_million_different_words_in_one_document(compiled):
    text = " ".join(map(str, range(10**6)))
    _, indices, data = Hasher(n_features=2**31, norm=None, signed=False).transform([text], compiled)
    assert data.sum() == 10**6
    assert 10**6 - 1000 < len(indices) <= 10**6


def test_one_large_document(compiled):
    """100 MB: of words, and one word of it all."""
    buffer = np.full(10**8, ord("a"), np.uint8)
    word = Hasher(norm=None, signed=False).transform(Documents(buffer, [0], [len(buffer)]), compiled)
    assert word[2].tolist() == [1]
    buffer[9::10] = ord(" ")
    words = Hasher(norm=None, signed=False).transform(Documents(buffer, [0], [len(buffer)]), compiled)
    assert words[2].tolist() == [10**7]


def test_words_across_the_pieces_that_are_looked_at(compiled):
    """Words of any length, ASCII or not, that end or begin before, at and behind the end of a piece."""
    look = scanner.LOOK
    words = ["w", "eightLTR", "sixteen_letters_", "seventeen_letters", "é", "aé", "W" * (look - 1), "w" * (look + 1)]
    texts = [
        " " * (look - before) + word + "." + follower
        for word in words
        for follower in ("next one", "Ünext")
        for before in (0, 1, 7, 8, 9, 16, 17, look - 1, look)
    ]
    texts += ["“" * look + word for word in words]
    for sizes in ((1, 1), (1, 2)):
        hasher = Hasher(ngram_range=sizes, signed=False, norm=None)
        assert_same(hasher.transform(texts, compiled), hasher.transform(texts, "numpy"))


def test_documents_with_more_than_can_be_counted(compiled, monkeypatch):
    monkeypatch.setattr("fastlr.text.hasher.MOST_TERMS", 1000)
    with pytest.raises(ValueError, match="document 1, of 1,000 bytes, may have 1,000 n-grams or more: split it"):
        Hasher(ngram_range=(1, 2)).transform(["few", "a" * 1000], compiled)
    assert len(Hasher(ngram_range=(1, 2)).transform(["a " * 499], compiled)[1]) == 2
    monkeypatch.undo()
    monkeypatch.setattr("fastlr.text.hasher.MOST_SLOTS", 8192)  # which no growth by four hits
    with pytest.raises(ValueError, match="document 1 has over 1,024 different n-grams: split it"):
        Hasher().transform(["few", " ".join(map(str, range(5000)))], compiled)


def test_errors_number_the_documents_of_a_part_as_those_of_the_whole(backend):
    documents = Documents.from_texts([b"fine", b"fine", b"\xff"])
    for part in (documents.part(1, 3), documents.part(1, 3).part(1, 2)):
        with pytest.raises(ValueError, match="document 2 is not UTF-8: byte 0xff at offset 0"):
            Hasher().transform(part, backend)


def test_a_room_is_used_again(backend):
    texts, room = ["one two", "one " * 9, "", "three"], OutputBuffer()
    for dtype, sort in ((np.float32, False), (np.float64, True), (np.float64, False)):
        hasher = Hasher(dtype=dtype, sort_indices=sort)
        for some in (texts, texts[:1], [" ".join(map(str, range(5000))), *texts]):
            documents = Documents.from_texts(some)
            found = hasher.transform_in(room, documents, backend)
            assert found[2].dtype == dtype
            assert_same(found, hasher.transform(documents, backend))


def test_a_long_word_by_characters(compiled):
    text = "ab" * 50_000
    rows = Hasher(analyzer="char_wb", ngram_range=(3, 3), norm=None, signed=False).transform([text], compiled)
    assert sorted(rows[2].tolist()) == [1, 1, 49_999, 49_999]


def test_documents_anywhere_in_a_buffer_up_to_its_last_byte(backend):
    data = "x" + "Ωmega " * 3 + "end"
    buffer = np.frombuffer(data.encode(), np.uint8)
    places = [(a, b) for a in range(len(buffer) + 1) for b in range(a, len(buffer) + 1)]
    documents = Documents(buffer, [a for a, _ in places], [b for _, b in places])
    hasher = Hasher(decode_error="replace")
    copies = Documents.from_texts([buffer[a:b].tobytes() for a, b in places])
    assert_same(hasher.transform(documents, backend), hasher.transform(copies, "numpy"))


def test_threads_and_read_only_maps(compiled, tmp_path):
    path = tmp_path / "texts"
    path.write_bytes(b"some words of a line\n" * 2000)
    buffer = np.memmap(path, np.uint8, "r")
    starts = np.arange(2000) * 21
    documents = Documents(buffer, starts, starts + 20)
    assert documents.buffer.base is not None
    assert np.shares_memory(documents.buffer, buffer)
    results = []
    threads = [threading.Thread(target=lambda: results.append(Hasher().transform(documents, compiled))) for _ in "1234"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    for rows in results:
        assert all(np.array_equal(a, b) for a, b in zip(rows, results[0], strict=True))


# Where documents come from.


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
    with pytest.raises(ValueError, match=r"one-dimensional; found DataFrame of shape \(2, 1\): pass one column"):
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
        with pytest.raises(ValueError, match=f"documents must be one-dimensional; found {found}: pass one column"):
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


def test_texts_that_are_none():
    for wrong, name in ((None, "NoneType"), (3, "int"), (float("nan"), "float"), (["x"], "list")):
        with pytest.raises(TypeError, match=f"document 1 is a {name}"):
            Documents.from_texts(["x", wrong])
    with pytest.raises(TypeError, match="document 700 is a float"):
        Documents.from_texts(["x"] * 700 + [1.5])
    for text in ("x", b"x"):
        with pytest.raises(ValueError, match="Iterable over raw text documents expected, string object received"):
            Documents.from_texts(text)
    with pytest.raises(ValueError, match=r"document 1 holds half of a surrogate pair, '\\ud800' at position 2"):
        Documents.from_texts(["x", "ab\ud800"])
    with pytest.raises(TypeError, match="must be an iterable of str or bytes, not int"):
        Documents.from_texts(3)


def test_documents_outside_their_buffer():
    for starts, stops, message in (
        ([0], [4], "document 0 goes from 0 to 4, not inside a buffer of 3 bytes"),
        ([0, -1], [1, 1], "document 1 goes from -1 to 1"),
        ([0, 2], [1, 1], "document 1 goes from 2 to 1"),
        ([0], [1, 2], "of one length; found 1 and 2"),
        ([0.5], [1], "starts must hold integers"),
        ([[0]], [[1]], "in one dimension"),
    ):
        with pytest.raises(ValueError, match=message):
            Documents(b"abc", starts, stops)
    with pytest.raises(ValueError, match="buffer must hold bytes"):
        Documents(np.zeros(3), [0], [1])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_features": 0}, r"n_features must be an integer between 1 and 2\*\*31; got 0"),
        ({"n_features": 2**31 + 1}, "got 2147483649"),
        ({"n_features": 2.0}, "got 2.0"),
        ({"n_features": True}, "got True"),
        ({"analyzer": "char"}, "analyzer must be one of 'word', 'char_wb'; got 'char'"),
        ({"analyzer": None}, "got None"),
        ({"weighting": "tf"}, "weighting must be one of 'count', 'binary', 'log'; got 'tf'"),
        ({"norm": "l1"}, "norm must be one of 'l2', None; got 'l1'"),
        ({"ngram_range": (2, 1)}, r"ngram_range must be two integers.*got \(2, 1\)"),
        ({"ngram_range": (0, 1)}, "ngram_range"),
        ({"ngram_range": 2}, "ngram_range"),
        ({"min_token_length": 0}, "min_token_length must be an integer, 1 or more; got 0"),
        ({"lowercase": "yes"}, "lowercase must be True or False; got 'yes'"),
        ({"dtype": "int64"}, "dtype must be float32 or float64; got 'int64'"),
        ({"dtype": "nonsense"}, "got 'nonsense'"),
        ({"decode_error": "skip"}, "decode_error must be one of 'strict', 'ignore', 'replace'; got 'skip'"),
        ({"stop_words": "german"}, "stop_words must be a set or list of str, 'english' or None; got 'german'"),
        ({"stop_words": 5}, "stop_words must be a set or list of str, 'english' or None; got 5"),
        ({"stop_words": iter(["a"])}, "stop_words must be a set or list of str.* got <list_iterator"),
        ({"stop_words": [1]}, "stop_words must be str; found 1"),
        ({"stop_words": ["don't"]}, r"""A stop word must be one word, but "don't" is \['don', 't'\]"""),
        ({"stop_words": ["a"], "analyzer": "char_wb"}, "stop_words are for analyzer='word'"),
    ],
)
def test_settings_that_are_none(parameters, message):
    with pytest.raises(ValueError, match=message):
        Hasher(**parameters)
    with pytest.raises(ValueError, match=message):
        HashingVectorizer(**parameters).fit(["x"])


def test_switches_of_each():
    for name in ("signed", "sort_indices"):
        with pytest.raises(ValueError, match=f"{name} must be True or False; got 'x'"):
            Hasher(**{name: "x"})
    with pytest.raises(ValueError, match="alternate_sign must be True or False; got 'x'"):
        HashingVectorizer(alternate_sign="x").fit(["x"])


def test_cpython_runs_the_kernels_too():
    """As for debugging; unsigned numbers wrap around there with a warning."""
    functions = bind_sources()
    with np.errstate(over="ignore"):
        for word in ("a", "eight888", "internationalization", "Грёзы"):
            padded = np.frombuffer(word.encode(), np.uint8)
            assert int(functions.hash_bytes(padded, 0, len(padded))) == ngrams.hash_word(word)
    for character in "é中𝐀":
        word = np.uint64(int.from_bytes(character.encode(), "little"))
        assert functions.decoded(word) == ord(character)
    for code in (0x41, 0xE9, 0x4E2D, 0x1D400):
        assert functions.encoded(code) == int.from_bytes(chr(code).encode(), "little")


# The transformer.


def test_the_transformer_of_hashes(backend):
    texts = ["a good film", "a bad film"]
    vectorizer = HashingVectorizer(ngram_range=(1, 2), backend=backend)
    X = vectorizer.transform(texts)
    assert X.shape == (2, 2**20)
    assert X.indptr.dtype == X.indices.dtype == np.int32
    assert_same((X.indptr, X.indices, X.data), Hasher(ngram_range=(1, 2)).transform(texts, backend))
    assert vectorizer.fit(texts) is vectorizer
    assert (vectorizer.fit_transform(texts) != X).nnz == 0
    tags = vectorizer.__sklearn_tags__()
    assert (tags.input_tags.string, tags.input_tags.two_d_array, tags.requires_fit) == (True, False, False)
    json.dumps(vectorizer.get_params())
    with pytest.raises(ValueError, match="string object received"):
        vectorizer.fit("text")
    with pytest.raises(ValueError, match="string object received"):
        vectorizer.transform("text")


def test_what_a_column_holds(backend):
    texts = ["b c b", "a c", "é é é é"]
    vectorizer = HashingVectorizer(n_features=1, backend=backend)
    assert vectorizer.inverse([0, 0], texts) == [["é", "b", "c", "a"]] * 2
    vectorizer = HashingVectorizer(n_features=2**31, backend=backend, ngram_range=(1, 2))
    columns = vectorizer.transform(["B C"]).indices
    found = dict(zip(columns.tolist(), vectorizer.inverse(columns, texts), strict=True))
    assert sorted(found.values()) == [["b c"], ["b"], ["c"]] or sorted(found.values()) == [["b"], ["b c"], ["c"]]
    assert vectorizer.inverse([123], texts) == [[]]
    characters_ = HashingVectorizer(n_features=2**31, backend=backend, ngram_range=(2, 3), analyzer="char_wb")
    columns = characters_.transform(["Ab"]).indices
    assert sorted(characters_.inverse(columns, ["ab. AB", "x"])) == [[" a"], [" ab"], ["ab"], ["ab "], ["b "]]
    for wrong in ([-1], [2**31], [0.5], [[1]]):
        with pytest.raises(ValueError, match="columns must"):
            vectorizer.inverse(wrong, texts)


def test_in_a_pipeline_with_a_search():
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline

    texts = ["good film", "good plot", "bad film", "bad plot"] * 5
    labels = [1, 1, 0, 0] * 5
    model = make_pipeline(HashingVectorizer(n_features=2**8), fastlr.SGDClassifier(random_state=0))
    search = GridSearchCV(model, {"hashingvectorizer__ngram_range": [(1, 1), (1, 2)]}, cv=2).fit(texts, labels)
    assert search.predict(["a good book", "a bad book"]).tolist() == [1, 0]


def test_scikit_learns_checks():
    from sklearn.exceptions import SkipTestWarning
    from sklearn.utils.estimator_checks import check_estimator

    with pytest.warns(SkipTestWarning, match="requires input"):  # as for its own: its data are numbers
        check_estimator(HashingVectorizer())


def test_hashing_needs_numpy_alone():
    if "cython" not in [p.values[0] for p in backends() if not p.marks]:
        pytest.skip("cython is not being tested")
    code = (
        "import sys; from fastlr.text import Hasher, Documents; Hasher().transform(['a text'], 'cython')\n"
        "print(sorted({'scipy', 'sklearn', 'numba', 'pandas'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr


def test_stop_hashes_are_a_set_with_room():
    hashes = Analyzer(stop_words=[f"w{i}" for i in range(100)]).stop_hashes
    assert len(hashes) & (len(hashes) - 1) == 0
    assert np.count_nonzero(hashes) == 100 < len(hashes) / 2
