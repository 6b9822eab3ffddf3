"""Documents to rows: the kernels against the reference and scikit-learn, and everything that a text may hold."""

import itertools
import os
import subprocess
import sys
import threading
import unicodedata

import numpy as np
import pytest
from helpers.texts import as_dicts, assert_same_rows
from hypothesis import given, settings
from hypothesis import strategies as st

from fastlr.kernels.compilers.python import bind_sources
from fastlr.text import Documents, Hasher, HashingVectorizer, ngrams, scanner, unicode_tables
from fastlr.text.analyzer import Analyzer
from fastlr.text.scanner import OutputBuffer
from fastlr.text.string_hashes import hash_ngrams

LETTERS = "aZ_09éÀßΣσςПривет中文हिन्दी ْ\u0301İıKȺẞ𝐀𐐀٣½"


BREAKS = " \t\n\0-,.'’—\u00a0\u2003\u3000😀\ufffd\ue000"


SYMBOLS = "+#!?[|:;=<(D3/\u3000カーไที่ក្❤\ufe0f👍\U0001f3fd🇫🇷\u200d°"


characters = st.sampled_from(LETTERS + BREAKS) | st.sampled_from(SYMBOLS) | st.characters(exclude_categories=["Cs"])


strings = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyzABCXYZ0159_     -.,")) | st.text(characters)


broken = st.lists(st.binary(max_size=4) | strings.map(str.encode), max_size=6).map(b"".join)


hashers = st.builds(
    lambda sizes, stop, analyzer, **rest: Hasher(
        ngram_range=(min(sizes), max(sizes)), analyzer=analyzer, stop_words=stop if analyzer == "word" else None, **rest
    ),
    sizes=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stop=st.sampled_from([None, ["a", "ab", "ПРИВЕТ"]]),
    analyzer=st.sampled_from(["word", "char", "char_wb", "whitespace"]),
    n_features=st.sampled_from([1, 2, 7, 1000, 2**20, 2**31 - 1, 2**31]),
    lowercase=st.booleans(),
    min_token_length=st.integers(1, 3),
    signed=st.booleans(),
    weighting=st.sampled_from(["count", "binary", "log"]),
    norm=st.sampled_from(["l2", "l1", None]),
    marks=st.booleans(),
    decode_error=st.sampled_from(["ignore", "replace"]),
)


with_symbols = st.builds(
    lambda sizes, **rest: Hasher(symbols=True, norm=None, signed=False, ngram_range=(min(sizes), max(sizes)), **rest),
    sizes=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stop_words=st.sampled_from([None, ["a", "中", ":)"]]),
    n_features=st.sampled_from([7, 2**31]),
    lowercase=st.booleans(),
    min_token_length=st.integers(1, 2),
)


symbols = st.text(st.sampled_from("aC中ก +#!:;=<>)(-'3/[D") | characters)


inputs = st.tuples(hashers, st.lists(strings | broken, max_size=5)) | st.tuples(
    with_symbols, st.lists(symbols, max_size=5)
)


FUZZ = settings(max_examples=90)


@FUZZ
@given(given=inputs)
def test_the_kernels_hash_as_the_naive_path_does(compiled, given):
    hasher, texts = given
    assert_same_rows(hasher.transform(texts, compiled), hasher.transform(texts, "numpy"))


@FUZZ
@given(given=inputs)
def test_small_batches_and_little_room_change_nothing(compiled, given):
    """Every way in which a kernel may leave and come back, in texts that are short."""
    hasher, texts = given
    expected = hasher.transform(texts, "numpy")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanner, "BATCH", 3)
        patch.setattr("fastlr.text.hasher.BATCH", 3)
        patch.setattr("fastlr.text.hasher.BUDGET", 1)
        patch.setattr("fastlr.text.hasher.FIRST_SIZE", 0)
        patch.setattr("fastlr.text.hasher.FIRST_SLOTS", 64)
        patch.setattr(scanner, "FIRST_SCRATCH", 32)
        patch.setattr(scanner, "LOOK", 16)
        assert_same_rows(hasher.transform(texts, compiled), expected)


@FUZZ
@given(data=broken)
def test_bytes_that_are_not_utf8_are_an_error_where_python_has_it(backend, data):
    hasher = Hasher()
    try:
        data.decode()
    except UnicodeDecodeError as error:
        with pytest.raises(ValueError, match=f"document 1 is not UTF-8: byte 0x.. at offset {error.start}\\."):
            hasher.transform([b"fine", data], backend)
        for other in ({"analyzer": "char_wb"}, {"analyzer": "char"}, {"analyzer": "whitespace"}, {"symbols": True}):
            with pytest.raises(ValueError, match=f"document 0 is not UTF-8: byte 0x.. at offset {error.start}\\."):
                Hasher(**other).transform([data], backend)
    else:
        hasher.transform([data], backend)


@pytest.mark.parametrize("decode_error", ["ignore", "replace"])
def test_what_stands_for_bytes_that_are_not_utf8(backend, decode_error):
    hasher = Hasher(decode_error=decode_error, norm=None, signed=False)
    wanted = [b"caf\xc3\xa9 ab"] if decode_error == "ignore" else [b"caf\xc3\xa9 a b"]
    assert_same_rows(hasher.transform([b"caf\xc3\xa9 a\xff\xe2\x82b"], backend), hasher.transform(wanted, backend))


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
    tables = unicode_tables
    for belongs in (tables.is_letter, tables.is_alphanumeric, tables.is_ink, tables.has_kind):
        for lowercase in (False, True):
            full = unicode_tables.unicode_tables(belongs, lowercase)
            np.testing.assert_array_equal(full.alphabet, unicode_tables.ascii_table(belongs, lowercase))
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


@pytest.mark.filterwarnings("ignore:The parameter 'token_pattern'")
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
    for norm in ("l2", "l1", None):
        ours = HashingVectorizer(norm=norm, alternate_sign=False, backend=backend).transform(texts)
        theirs = Peer(norm=norm, alternate_sign=False).transform(texts)
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
    assert_same_rows((indptr, indices, data), plain)
    assert all((np.diff(indices[a:b]) > 0).all() for a, b in itertools.pairwise(indptr))


def test_stop_words_go_before_ngrams_are_made(backend):
    hasher = Hasher(ngram_range=(1, 2), stop_words=["THE", "of"])
    plain = Hasher(ngram_range=(1, 2))
    assert_same_rows(hasher.transform(["end of the story"], backend), plain.transform(["end story"], backend))
    english = Hasher(stop_words="english").transform(["the cat is on the table"], backend)
    assert_same_rows(english, Hasher().transform(["cat table"], backend))


def test_short_words_go_before_ngrams_are_made(backend):
    hasher = Hasher(ngram_range=(2, 2), min_token_length=2)
    plain = Hasher(ngram_range=(2, 2))
    assert_same_rows(hasher.transform(["ab c é éa"], backend), plain.transform(["ab éa"], backend))


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
        assert_same_rows(hasher.transform(["ab\0cd", b"\0x"], backend), hasher.transform(["ab cd", "x"], backend))


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
        assert_same_rows(hasher.transform(texts, compiled), hasher.transform(texts, "numpy"))


def test_documents_with_more_than_can_be_counted(compiled, monkeypatch):
    monkeypatch.setattr("fastlr.text.hasher.MAX_TERMS", 1000)
    with pytest.raises(ValueError, match="document 1 has 1,000 bytes and may have 1,000 n-grams or more; split it"):
        Hasher(ngram_range=(1, 2)).transform(["few", "a" * 1000], compiled)
    assert len(Hasher(ngram_range=(1, 2)).transform(["a " * 499], compiled)[1]) == 2
    monkeypatch.undo()
    monkeypatch.setattr("fastlr.text.hasher.MAX_SLOTS", 8192)  # which no growth by four hits
    with pytest.raises(ValueError, match="document 1 has more than 1,024 different n-grams; split it"):
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
            assert_same_rows(found, hasher.transform(documents, backend))


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
    assert_same_rows(hasher.transform(documents, backend), hasher.transform(copies, "numpy"))


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


def test_hashing_needs_numpy_alone():
    if os.environ.get("FASTLR_BACKEND", "auto") not in ("auto", "cython"):
        pytest.skip("cython is not being tested")
    pytest.importorskip("fastlr.kernels.compilers.cython.log_loss_baseline")
    code = (
        "import sys; from fastlr.text import Hasher, Documents; Hasher().transform(['a text'], 'cython')\n"
        "print(sorted({'scipy', 'sklearn', 'numba', 'pandas'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr


@given(grams=st.lists(strings.map(lambda text: text.replace("\0", "0"))))
def test_many_strings_are_hashed_as_one(grams):
    assert hash_ngrams(grams, characters=True).tolist() == [ngrams.hash_word(gram) for gram in grams]
    expected = [ngrams.hash_words(gram.split(" ")) for gram in grams]
    assert hash_ngrams(grams, characters=False).tolist() == expected


def test_stop_hashes_are_a_set_with_room():
    hashes = Analyzer(stop_words=[f"w{i}" for i in range(100)]).stop_hashes
    assert len(hashes) & (len(hashes) - 1) == 0
    assert np.count_nonzero(hashes) == 100 < len(hashes) / 2
