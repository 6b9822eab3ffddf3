"""The vectorizers as drop-in replacements: their results are scikit-learn's, whatever the documents and parameters."""

import io
import pickle
import re
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction import text as peers

from fastlr.text import CountVectorizer, Documents, HashingVectorizer, TfidfVectorizer, base

VECTORIZERS = {"count": CountVectorizer, "hashing": HashingVectorizer, "tf-idf": TfidfVectorizer}
PEERS = {"count": peers.CountVectorizer, "hashing": peers.HashingVectorizer, "tf-idf": peers.TfidfVectorizer}

# Letters whose lower case depends on the context or is two characters, digits of all kinds, marks, spaces, controls.
ODD = "İıIΣσςß ẞǅ①²½Ⅷ५ि\u0301\u0307\u200d_’-.,\t\n\x0b\x1c\x85\u00a0\u2003\u3000\0Ⓐ日本한글ÀéŒ😀𝐀𐐀"
text = st.text(st.sampled_from("aAbBcCΣσİ .,'_1é")) | st.text(st.sampled_from(ODD)) | st.text()
documents = st.lists(text | st.text().map(str.encode) | st.binary(max_size=5), min_size=1, max_size=5)


def first_halves(document):
    return [document[:2], document[2:]]


splitting = st.fixed_dictionaries(
    {
        "analyzer": st.sampled_from(["word", "word", "word", "char_wb", "char", first_halves]),
        "token_pattern": st.sampled_from(
            [r"(?u)\b\w\w+\b", r"(?u)\b\w+\b", r"\w+", r"\b\w{3,}\b", r"\w\w", r"(?u)\b(\w)\w*\b", r"[a-z]+", r"\S+"]
        ),
        "ngram_range": st.sampled_from([(1, 1), (1, 1), (1, 2), (2, 3), (3, 3), (1, 4)]),
        "lowercase": st.booleans(),
        "strip_accents": st.sampled_from([None, None, None, "ascii", "unicode", str.swapcase]),
        "preprocessor": st.sampled_from([None, None, None, str.upper, str.casefold]),
        "tokenizer": st.sampled_from([None, None, None, str.split]),
        "stop_words": st.sampled_from([None, None, "english", ["a", "İ", "don't", "ab", "Σσ", "σς", "ας"], ["A", "b"]]),
        "encoding": st.sampled_from(["utf-8", "UTF8", "latin-1", "utf-16"]),
        "decode_error": st.sampled_from(["ignore", "replace"]),
        "binary": st.booleans(),
    }
)


def outcome(call):
    """What a call returns, or the types of the error that it raises."""
    try:
        return call(), None
    except Exception as error:
        return None, error


def assert_same_matrix(X, Y, rtol=0.0):
    assert type(X) is type(Y)
    assert X.shape == Y.shape
    assert X.dtype == Y.dtype
    X.sort_indices()
    Y.sort_indices()
    np.testing.assert_array_equal(X.indptr, Y.indptr)
    np.testing.assert_array_equal(X.indices, Y.indices)
    np.testing.assert_allclose(X.data, Y.data, rtol=rtol, atol=0)


@settings(max_examples=60)
@given(texts=documents, others=documents, parameters=splitting)
@pytest.mark.filterwarnings("ignore:The parameter", "ignore:Your stop_words")
@pytest.mark.parametrize("kind", ["count", "tf-idf"])
def test_counts_are_scikit_learns(backend, kind, texts, others, parameters):
    ours, theirs = VECTORIZERS[kind](backend=backend, **parameters), PEERS[kind](**parameters)
    Y, expected = outcome(lambda: theirs.fit_transform(texts))
    X, error = outcome(lambda: ours.fit_transform(texts))
    if expected is not None:
        assert isinstance(error, type(expected)), (error, expected)
        return
    if error is not None:
        raise error
    tolerance = 1e-12 if kind == "tf-idf" else 0
    assert_same_matrix(X, Y, tolerance)
    assert ours.vocabulary_ == theirs.vocabulary_
    assert_same_matrix(ours.transform(others), theirs.transform(others), tolerance)
    if kind == "tf-idf":
        np.testing.assert_allclose(ours.idf_, theirs.idf_, rtol=1e-12)


@settings(max_examples=60)
@given(texts=documents, parameters=splitting, norm=st.sampled_from([None, "l1", "l2"]), signed=st.booleans())
@pytest.mark.filterwarnings("ignore:The parameter", "ignore:Your stop_words")
def test_hashes_are_the_same_by_kernels_and_by_python(compiled, texts, parameters, norm, signed):
    """And scikit-learn's have the same values in other columns."""
    parameters = {**parameters, "norm": norm, "alternate_sign": signed, "n_features": 2**30}
    ours, reference = (HashingVectorizer(backend=backend, **parameters) for backend in (compiled, "numpy"))
    peer = peers.HashingVectorizer(**parameters)
    Y, expected = outcome(lambda: reference.transform(texts))
    X, error = outcome(lambda: ours.transform(texts))
    if expected is not None:
        assert isinstance(error, type(expected)), (error, expected)
        return
    if error is not None:
        raise error
    assert_same_matrix(X, Y, 1e-12)
    Z = peer.transform(texts)
    assert_allclose_sorted(X, Z)


def assert_allclose_sorted(X, Z):
    for i in range(X.shape[0]):
        np.testing.assert_allclose(np.sort(abs(X[[i]].data)), np.sort(abs(Z[[i]].data)), rtol=1e-12)


FAST = [
    {},
    {"token_pattern": r"(?u)\b\w+\b"},
    {"token_pattern": r"\w{4,}", "ngram_range": (1, 3)},
    {"min_token_length": 1},
    {"analyzer": "char_wb", "ngram_range": (2, 5)},
    {"strip_accents": "unicode", "lowercase": False, "stop_words": ["don't", "x"]},
    {"preprocessor": str.upper, "encoding": "latin-1"},
    {"input": "filename"},
    {"stop_words": "english", "binary": True},
]
SLOW = [
    {"analyzer": "char"},
    {"analyzer": str.split},
    {"tokenizer": str.split},
    {"token_pattern": r"\S+"},
    {"token_pattern": r"(\w)\w+"},
    {"analyzer": "char_wb", "input": "file"},
    {"ngram_range": (1, 65)},
    {"backend": "numpy"},
]


@pytest.mark.filterwarnings("ignore:Your stop_words", "ignore:The parameter 'token_pattern'")
@pytest.mark.parametrize("kind", VECTORIZERS)
@pytest.mark.parametrize("parameters", [*FAST, *SLOW], ids=str)
def test_which_parameters_the_kernels_serve(compiled, kind, parameters):
    """As the guide's table says."""
    found = VECTORIZERS[kind](**{"backend": compiled, **parameters})._kernel_parameters()
    assert (found is not None) == (parameters in FAST)


@pytest.mark.parametrize(
    ("pattern", "shortest"),
    [
        (r"(?u)\b\w\w+\b", 2),
        (r"\b\w+\b", 1),
        (r"\w\w\w+", 3),
        (r"\w{5,}\b", 5),
        (r"\b\w\w{2,}\b", 3),
        (r"\w", None),
        (r"\w*", None),
        (r"\w{0,}", None),
        (r"\w{2,3}", None),
        (r"(\w+)", None),
        (r"(?a)\w+", None),
        (r"\w+ ", None),
        ("", None),
    ],
)
def test_patterns_of_runs(pattern, shortest):
    assert base.shortest_run(pattern) == shortest
    if shortest is not None:
        sample = "a ab abc, abcd_e é éß1 日本語 abcdefg"
        found = re.findall(pattern, sample)
        assert found == [word for word in re.findall(r"\w+", sample) if len(word) >= shortest]


def test_every_character_is_in_a_word_where_scikit_learn_has_it(compiled):
    """Code points between letters, in words or apart, in upper or in lower case."""
    codes = [*range(0x3100), *range(0x3100, 0x20000, 7), *range(0x20000, 0x110000, 97)]
    characters = [chr(code) for code in codes if not 0xD800 <= code < 0xE000]
    texts = [" ".join(f"x{c}y" for c in characters[i : i + 4096]) for i in range(0, len(characters), 4096)]
    ours = CountVectorizer(token_pattern=r"\w+", backend=compiled).fit(texts)
    theirs = peers.CountVectorizer(token_pattern=r"\w+").fit(texts)
    assert ours.vocabulary_ == theirs.vocabulary_


def test_lower_case_is_that_of_the_whole_document(backend):
    texts = ["ΟΔΟΣ Σ ΣΑΣ'Σ", "İstanbul İİ", "plain", "\u0130".encode() + b"x \xff"]
    ours = CountVectorizer(token_pattern=r"\w+", decode_error="ignore", backend=backend)
    theirs = peers.CountVectorizer(token_pattern=r"\w+", decode_error="ignore")
    np.testing.assert_array_equal(ours.fit_transform(texts).toarray(), theirs.fit_transform(texts).toarray())
    assert ours.vocabulary_ == theirs.vocabulary_
    assert {"οδος", "σασ", "i", "istanbul"} & set(ours.vocabulary_) == {"οδος", "σασ", "i"}
    pieces = Documents("ΣΑΣ İİ".encode(), [0, 2, 7, 8, 11], [6, 6, 9, 11, 11])  # the third ends within a letter
    ours.fit(pieces)
    theirs.fit(list(pieces))
    assert ours.vocabulary_ == theirs.vocabulary_
    with pytest.raises(UnicodeDecodeError):
        CountVectorizer(backend=backend).fit(["fine", "Σ".encode() + b"\xff"])


def test_nul_and_half_surrogates_are_characters(backend):
    for texts in (["a\0b", "\0", "ab\0c"], ["a\ud800b \udfff"]):
        for parameters in ({"analyzer": "char_wb", "ngram_range": (1, 3)}, {"token_pattern": r"\w+"}):
            ours, theirs = CountVectorizer(backend=backend, **parameters), peers.CountVectorizer(**parameters)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                Y, expected = outcome(lambda t=theirs, x=texts: t.fit_transform(x))
            if expected is None:
                assert_same_matrix(ours.fit_transform(texts), Y)
                assert ours.vocabulary_ == theirs.vocabulary_
                assert_same_matrix(ours.transform(["ab", *texts]), theirs.transform(["ab", *texts]))


def test_a_vocabulary_that_is_given(backend):
    texts = ["the good film", "the bad film's end, the end", "x\0y"]
    for vocabulary in (
        {"film": 1, "good": 0, "the end": 2, "don't": 3, "x\0": 4, "x": 5, "\ud800": 6, "": 7, " ": 8},
        ["the", "end", 5, b"film"],
        {"b", "a", "the"},
        ("end", "the end"),
    ):
        parameters = {"vocabulary": vocabulary, "ngram_range": (1, 2), "token_pattern": r"\w+", "lowercase": False}
        ours = CountVectorizer(backend=backend, **parameters)
        theirs = peers.CountVectorizer(**parameters)
        Y = theirs.fit_transform(texts)
        assert_same_matrix(ours.transform(texts), Y)  # without fitting
        assert_same_matrix(clone(ours).fit_transform(texts), Y)
        assert ours.fixed_vocabulary_
        assert ours.vocabulary_ == theirs.vocabulary_
    with pytest.raises(ValueError, match="Duplicate term in vocabulary"):
        CountVectorizer(vocabulary=["a", "a"], backend=backend).fit(texts)
    with pytest.raises(NotFittedError):
        CountVectorizer(backend=backend).transform(texts)


def test_a_vocabulary_that_is_exchanged(backend):
    """The hashes of its n-grams are those of the one that is there now."""
    vectorizer = CountVectorizer(backend=backend).fit(["good film"])
    vectorizer.vocabulary_ = {"bad": 0, "film": 1}
    assert vectorizer.transform(["bad bad film"]).toarray().tolist() == [[2, 1]]
    again = pickle.loads(pickle.dumps(vectorizer))
    assert again.transform(["bad bad film"]).toarray().tolist() == [[2, 1]]
    vectorizer.set_params(analyzer="char_wb").vocabulary_ = {"b": 0, " f": 1}
    vectorizer.set_params(ngram_range=(1, 2))
    assert vectorizer.transform(["bad bad film"]).toarray().tolist() == [[2, 1]]


def test_a_pickle_without_newer_parameters(backend):
    """One of a vectorizer that had neither a pattern nor a way to read files splits documents as it did."""
    vectorizer = HashingVectorizer(backend=backend)
    state = vectorizer.__getstate__()
    old = {"analyzer", "ngram_range", "lowercase", "min_token_length", "stop_words", "decode_error", "n_features"}
    old |= {"alternate_sign", "weighting", "norm", "dtype", "backend"}
    again = HashingVectorizer.__new__(HashingVectorizer)
    again.__setstate__({key: value for key, value in state.items() if key in old} | {"min_token_length": 1})
    expected = HashingVectorizer(min_token_length=1, backend=backend)
    assert again.get_params() == expected.get_params()
    assert_same_matrix(again.transform(["a हिन्दी film"]), expected.transform(["a हिन्दी film"]))
    assert expected.transform(["a हिन्दी film"]).nnz == 3


def test_words_with_marks(backend):
    vectorizer = CountVectorizer(min_token_length=2, backend=backend).fit(["हिन्दी a x\u0301"])
    assert vectorizer.get_feature_names_out().tolist() == ["x\u0301", "हिन्दी"]
    assert vectorizer.build_analyzer()("हिन्दी a x\u0301") == ["हिन्दी", "x\u0301"]


def test_files(backend, tmp_path):
    paths = [tmp_path / "first", tmp_path / "second"]
    for path, content in zip(paths, ("Größe größe", "film"), strict=True):
        path.write_bytes(content.encode("latin-1"))
    expected = peers.CountVectorizer().fit_transform(["Größe größe", "film"])
    names = CountVectorizer(input="filename", encoding="latin-1", backend=backend)
    assert_same_matrix(names.fit_transform(paths), expected)
    for analyzer in ("word", "char_wb"):
        parameters = {"input": "file", "encoding": "latin-1", "analyzer": analyzer}
        ours, theirs = CountVectorizer(backend=backend, **parameters), peers.CountVectorizer(**parameters)
        X = ours.fit_transform([io.BytesIO(path.read_bytes()) for path in paths])
        assert_same_matrix(X, theirs.fit_transform([io.BytesIO(path.read_bytes()) for path in paths]))


def test_stop_words_that_are_no_words(backend):
    for kind in VECTORIZERS:
        vectorizer = VECTORIZERS[kind](stop_words=["you've", "seen", "IT"], backend=backend)
        peer = PEERS[kind](stop_words=["you've", "seen", "IT"])
        with pytest.warns(UserWarning, match="stop_words may be inconsistent") as caught:
            X = vectorizer.fit_transform(["you've seen it"])
        assert len(caught) == 1
        with pytest.warns(UserWarning, match="stop_words may be inconsistent"):
            Y = peer.fit_transform(["you've seen it"])
        assert_allclose_sorted(X, Y)
        assert vectorizer.get_stop_words() == peer.get_stop_words()
        assert not hasattr(vectorizer, "stop_hashes")


def test_binary_counts_rank_by_documents(backend):
    texts = ["aa aa aa aa bb", "bb cc", "bb cc dd", "aa"]
    for binary, kept in ((True, ["bb"]), (False, ["aa"])):
        for parameters in ({}, {"tokenizer": str.split, "token_pattern": None}):
            vectorizer = CountVectorizer(max_features=1, binary=binary, backend=backend, **parameters).fit(texts)
            assert list(vectorizer.vocabulary_) == kept


def test_documents_that_are_none(backend):
    for kind in VECTORIZERS:
        vectorizer = VECTORIZERS[kind](backend=backend)
        with pytest.raises(ValueError, match=r"np\.nan is an invalid document"):
            vectorizer.fit_transform(["good", np.nan])
        with pytest.raises((TypeError, AttributeError)):
            vectorizer.fit_transform(["good", 5])
        for wrong in ("good", b"good", np.array([["good"]])):
            with pytest.raises(ValueError, match=r"string object received|must be one-dimensional"):
                vectorizer.fit_transform(wrong)


def test_other_forms_of_rows_and_output():
    """Sparse matrices of the configured type; no metadata and no other container."""
    texts = ["good film", "bad film"]
    for kind in VECTORIZERS:
        with sklearn.config_context(transform_output="pandas"):
            X = VECTORIZERS[kind]().fit_transform(texts)
            assert isinstance(X, sp.csr_matrix)
            assert hasattr(VECTORIZERS[kind](), "set_output") == hasattr(PEERS[kind](), "set_output")
        with sklearn.config_context(enable_metadata_routing=True):
            assert str(VECTORIZERS[kind]().get_metadata_routing()) == "{}"
        if "sparse_interface" in sklearn.get_config():
            with sklearn.config_context(sparse_interface="sparray"):
                assert isinstance(VECTORIZERS[kind]().fit_transform(texts), sp.csr_array)
        assert isinstance(VECTORIZERS[kind](), PEERS[kind] if kind != "tf-idf" else peers.CountVectorizer)


def test_parameters_have_scikit_learns_names_and_defaults():
    for kind, vectorizer in VECTORIZERS.items():
        ours, theirs = vectorizer().get_params(), PEERS[kind]().get_params()
        assert {name: ours[name] for name in theirs} == theirs
        assert ours.keys() - theirs.keys() <= {"min_token_length", "weighting", "backend"}
        peer, own = PEERS[kind]().fit(["good film"]), vectorizer().fit(["good film"])
        public = [name for name in dir(peer) if not name.startswith("_") and hasattr(peer, name)]
        assert not [name for name in public if not hasattr(own, name)]


def test_names_and_n_grams_of_rows(backend):
    vectorizer = TfidfVectorizer(backend=backend)
    X = vectorizer.fit_transform(["good film", "bad film"])
    assert vectorizer.get_feature_names_out().tolist() == ["bad", "film", "good"]
    assert [sorted(row) for row in vectorizer.inverse_transform(X)] == [["film", "good"], ["bad", "film"]]


def test_idf_of_another_corpus(backend):
    vectorizer = TfidfVectorizer(backend=backend).fit(["good film", "bad film"])
    other = TfidfVectorizer(vocabulary=vectorizer.vocabulary_, backend=backend)
    with pytest.raises(NotFittedError):
        other.idf_  # noqa: B018
    other.idf_ = vectorizer.idf_
    assert_same_matrix(other.transform(["a good bad film"]), vectorizer.transform(["a good bad film"]))
    with pytest.raises(ValueError, match="idf_ must have one value per column, 3; got 2"):
        other.idf_ = vectorizer.idf_[:2]
    with pytest.raises(ValueError, match="idf_ cannot be set with use_idf=False"):
        TfidfVectorizer(use_idf=False).idf_ = vectorizer.idf_


def test_a_failed_fit_leaves_the_vectorizer_unfitted(backend):
    vectorizer = TfidfVectorizer(max_df=1, backend=backend)
    with pytest.raises(ValueError, match="empty vocabulary"):
        vectorizer.fit(["a a"])
    with pytest.raises(NotFittedError, match="call fit first"):
        vectorizer.transform(["a a"])


def test_an_infinite_idf_is_no_weight(backend):
    """A word that occurred in no document of `fit`, without smoothing; a product with 0 would be NaN."""
    vectorizer = TfidfVectorizer(vocabulary=["cat", "zz"], smooth_idf=False, backend=backend)
    with pytest.warns(RuntimeWarning, match="divide by zero: 1 of 2 columns"):
        vectorizer.fit(["a cat"])
    assert vectorizer.transform(["a cat"]).toarray().tolist() == [[1.0, 0.0]]
    with pytest.raises(ValueError, match="contains a column whose idf is infinite"):
        vectorizer.transform(["zz"])
