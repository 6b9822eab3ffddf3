"""Counts by a learned vocabulary, and tf-idf: as scikit-learn's, and on every backend the same."""

import copyreg
import pickle
from functools import partial

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import random_rows
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer as PeerCounts
from sklearn.feature_extraction.text import TfidfTransformer as PeerTfidf

from fastlr.text import CountVectorizer, TfidfTransformer
from fastlr.text import counter as counting_module

TEXTS = [
    "The cat sat on the mat, the CAT!",
    "a b c",
    "",
    "Über größe — naïve ΑΒΓ привет",
    "don't stop the_music 42 times",
    "on on on on",
    b"bytes caf\xc3\xa9 and the cat",
]
PATTERN = r"(?u)\b\w+\b"
count_words = partial(CountVectorizer, token_pattern=PATTERN)  # of one letter too, as most words below


def same(X, Y):
    assert X.shape == Y.shape
    assert X.dtype == Y.dtype
    X.sort_indices()  # scikit-learn leaves some unsorted
    Y.sort_indices()
    np.testing.assert_array_equal(X.indptr, Y.indptr)
    np.testing.assert_array_equal(X.indices, Y.indices)
    np.testing.assert_allclose(X.data, Y.data, rtol=1e-12, atol=0)


@pytest.mark.parametrize("analyzer", ["word", "char_wb"])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"ngram_range": (1, 3)},
        {"ngram_range": (2, 2), "lowercase": False},
        {"min_df": 2},
        {"max_df": 2, "ngram_range": (1, 2)},
        {"min_df": 0.2, "max_df": 0.5},
        {"binary": True, "dtype": "float32"},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:The parameter 'token_pattern'")
def test_as_scikit_learn(backend, analyzer, parameters):
    peer = PeerCounts(token_pattern=PATTERN, analyzer=analyzer, **{**parameters, "dtype": np.int64})
    peer.set_params(dtype=np.dtype(parameters.get("dtype", "int64")).type)
    ours = count_words(analyzer=analyzer, backend=backend, **parameters)
    same(ours.fit_transform(TEXTS), peer.fit_transform(TEXTS))
    assert ours.vocabulary_ == peer.vocabulary_
    np.testing.assert_array_equal(ours.get_feature_names_out(), peer.get_feature_names_out())
    others = ["the cat and an unknown word", "", "GRÖSSE größe on"]
    same(ours.transform(others), peer.transform(others))


def test_the_most_frequent(compiled):
    vectorizer = count_words(max_features=2, backend=compiled)
    X = vectorizer.fit_transform(["d d c c b b", "a", "d"])
    assert list(vectorizer.vocabulary_) == ["b", "d"]  # "c" is as frequent as "b"
    np.testing.assert_array_equal(X.toarray(), [[2, 2], [0, 0], [0, 1]])
    np.testing.assert_array_equal(vectorizer.transform(["c d d"]).toarray(), [[0, 2]])


def test_stop_words_and_short_words(backend):
    vectorizer = count_words(stop_words=["the"], min_token_length=2, ngram_range=(2, 2), backend=backend)
    vectorizer.fit(["cat of a the house", "The é éa cat"])
    assert list(vectorizer.vocabulary_) == ["cat of", "of house", "éa cat"]


texts = st.lists(st.text(st.sampled_from("abAB_1 .-éÉßд日\u0301\0")) | st.binary(max_size=6), min_size=1, max_size=6)


@pytest.mark.filterwarnings("ignore:The parameter 'token_pattern'")
@settings(max_examples=50)
@given(
    texts=texts,
    sizes=st.sampled_from([(1, 1), (1, 2), (2, 4)]),
    analyzer=st.sampled_from(["word", "char_wb"]),
    decode_error=st.sampled_from(["ignore", "replace"]),
    cut=st.booleans(),
)
def test_the_kernels_count_as_the_reference_path_does(compiled, texts, sizes, analyzer, decode_error, cut):
    parameters = {"ngram_range": sizes, "analyzer": analyzer, "decode_error": decode_error}
    reference = count_words(backend="numpy", **parameters)
    ours = count_words(backend=compiled, **parameters)
    with pytest.MonkeyPatch.context() as patch:
        if cut:
            patch.setattr("fastlr.text.scanner.BATCH", 3)
            patch.setattr(counting_module, "BATCH", 3)
            patch.setattr(counting_module, "BUDGET", 1)
            patch.setattr(counting_module, "FIRST_SIZE", 0)
            patch.setattr(counting_module, "FIRST_SLOTS", 2)
        try:
            expected = reference.fit_transform(texts)
        except ValueError as error:
            with pytest.raises(ValueError, match=str(error)):
                ours.fit(texts)
            return
        same(ours.fit_transform(texts), expected)
        assert ours.vocabulary_ == reference.vocabulary_
        others = [*texts[::2], "b a é"]
        same(ours.transform(others), reference.transform(others))


def test_a_large_vocabulary(compiled):
    words = [f"w{i}" for i in range(200_000)]
    vectorizer = count_words(backend=compiled)
    X = vectorizer.fit_transform([" ".join(words[i::100]) for i in range(100)])
    assert X.shape == (100, 200_000)
    assert X.nnz == X.sum() == 200_000
    assert vectorizer.transform(words[:3]).indices.tolist() == [vectorizer.vocabulary_[w] for w in words[:3]]


def test_no_words(backend):
    for corpus in ([], ["", "..."], [b"\0"]):
        with pytest.raises(ValueError, match="empty vocabulary"):
            count_words(backend=backend).fit(corpus)
    with pytest.raises(ValueError, match="After pruning, no terms remain"):
        count_words(backend=backend, min_df=2).fit(["a", "b"])
    with pytest.raises(ValueError, match=r"max_df(=1)? corresponds to (fewer|<) documents than min_df"):
        count_words(backend=backend, min_df=2, max_df=1).fit(["a", "b"])
    assert count_words(backend=backend).fit(["a"]).transform([]).shape == (0, 1)


def test_a_failed_fit_changes_nothing(backend, monkeypatch):
    # Dask, once imported, has exceptions pickled in a way that loses the message of this one.
    monkeypatch.delitem(copyreg.dispatch_table, UnicodeDecodeError, raising=False)
    vectorizer = count_words(backend=backend).fit(["a b"])
    with pytest.raises(UnicodeDecodeError, match=r"document 1 is not UTF-8|can't decode byte 0xff") as raised:
        vectorizer.fit(["c", b"\xff"])
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)  # as from another process
    assert list(vectorizer.vocabulary_) == ["a", "b"]
    with pytest.raises(NotFittedError):
        count_words().transform(["a"])
    with pytest.raises(NotFittedError):
        count_words().get_feature_names_out()
    again = pickle.loads(pickle.dumps(vectorizer))
    assert again.transform(["b b"]).toarray().tolist() == [[0, 2]]


def test_more_ngrams_than_can_be_numbered(compiled, monkeypatch):
    monkeypatch.setattr("fastlr.text.counter.FIRST_SLOTS", 64)
    monkeypatch.setattr("fastlr.text.counter.MAX_NGRAMS", 1 << 12)
    words = list(map(str, range(9000)))
    count_words(backend=compiled).fit([" ".join(words[:100])])
    with pytest.raises(ValueError, match="more than 4,096 different n-grams"):
        count_words(backend=compiled).fit([" ".join(words)])


@pytest.mark.parametrize("dtype", [">i4", "<f8"])
def test_types_of_either_byte_order(compiled, dtype):
    X = count_words(dtype=dtype, backend=compiled).fit_transform(["a a b"])
    assert X.dtype == np.dtype(dtype).newbyteorder("=")
    assert X.toarray().tolist() == [[2, 1]]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"min_df": -1}, "The 'min_df' parameter of CountVectorizer must be .* Got -1"),
        ({"max_df": 1.5}, "The 'max_df' parameter of CountVectorizer must be .* Got 1.5"),
        ({"max_df": 0}, "The 'max_df' parameter of CountVectorizer must be .* Got 0"),
        ({"max_features": 0}, "The 'max_features' parameter of CountVectorizer must be .* Got 0"),
        ({"binary": 2}, "The 'binary' parameter of CountVectorizer must be .* Got 2"),
        ({"min_token_length": 0}, "The 'min_token_length' parameter of CountVectorizer must be .* Got 0"),
        ({"ngram_range": (2, 1)}, r"Invalid value for ngram_range=\(2, 1\)"),
        ({"stop_words": "german"}, "The 'stop_words' parameter of CountVectorizer must be .* Got 'german'"),
        ({"dtype": "str"}, "dtype must be numeric.* got 'str'"),
        ({"dtype": None}, "dtype must be numeric.* got None"),
        ({"dtype": "nonsense"}, "dtype must be numeric.* got 'nonsense'"),
        ({"dtype": "float16"}, "dtype must be numeric, but not float16, .* got 'float16'"),
        ({"analyzer": "words"}, "The 'analyzer' parameter of CountVectorizer must be .* Got 'words'"),
        ({"backend": "cuda"}, "backend must be one of"),
    ],
)
def test_parameters_that_are_none(parameters, message):
    with pytest.raises(ValueError, match=message):
        count_words(**parameters).fit(["a b"])


@pytest.mark.parametrize(("dtype", "most"), [("int8", 127), ("uint8", 255), ("int16", 32767)])
def test_counts_that_their_type_does_not_hold(compiled, dtype, most):
    vectorizer = count_words(dtype=dtype, backend=compiled)
    message = f"dtype={dtype} cannot hold counts above {most}, but an n-gram occurs {most + 1} times in a document"
    with pytest.raises(ValueError, match=message):
        vectorizer.fit_transform(["a " * (most + 1)])
    assert not hasattr(vectorizer, "vocabulary_")
    assert vectorizer.fit_transform(["b", "a " * most]).toarray().tolist() == [[0, 1], [most, 0]]
    with pytest.raises(ValueError, match=message):
        vectorizer.transform(["a " * (most + 1)])
    assert vectorizer.transform(["c " * (most + 1)]).nnz == 0
    assert vectorizer.set_params(binary=True).transform(["a " * (most + 1)]).toarray().tolist() == [[1, 0]]


# Tf-idf.


@pytest.mark.parametrize("norm", ["l1", "l2", None])
@pytest.mark.parametrize("sublinear_tf", [False, True])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64"])
def test_tfidf_as_scikit_learn(backend, norm, sublinear_tf, dtype):
    counts = count_words(dtype=dtype).fit_transform(TEXTS * 3 + ["on " * 1000])
    before = counts.copy()
    for idf in ({}, {"smooth_idf": False}, {"use_idf": False}):
        parameters = {"norm": norm, "sublinear_tf": sublinear_tf, **idf}
        ours = TfidfTransformer(backend=backend, **parameters)
        theirs = PeerTfidf(**parameters).fit(counts.astype(np.float64))
        X, Y = ours.fit_transform(counts), theirs.transform(counts.astype(np.float64))
        assert X.dtype == (np.float32 if dtype == "float32" else np.float64)
        tolerance = 1e-6 if dtype == "float32" else 1e-12
        np.testing.assert_allclose(X.toarray(), Y.toarray(), rtol=tolerance, atol=0)
        if "use_idf" not in idf:
            np.testing.assert_allclose(ours.idf_, theirs.idf_, rtol=tolerance)
    assert (counts != before).nnz == 0
    assert not np.shares_memory(X.indices, counts.indices)


def test_tfidf_of_any_matrix(backend):
    X = abs(random_rows())
    X.data += 0.5
    for sublinear_tf in (False, True):
        parameters = {"sublinear_tf": sublinear_tf}
        ours = TfidfTransformer(backend=backend, **parameters).fit(X)
        theirs = PeerTfidf(**parameters).fit(X)
        np.testing.assert_allclose(ours.transform(X).toarray(), theirs.transform(X).toarray(), rtol=1e-12)
        np.testing.assert_allclose(ours.transform(X.tocsc()).toarray(), theirs.transform(X).toarray(), rtol=1e-12)


def test_tfidf_refuses(backend):
    X = sp.csr_matrix([[1.0, 0.0], [2.0, 3.0]])
    model = TfidfTransformer(sublinear_tf=True, backend=backend).fit(X)
    with pytest.raises(ValueError, match="needs positive stored values, because it takes logarithms; X contains -1"):
        model.transform(-X[:1])
    with pytest.raises(ValueError, match="norm must be one of None, 'l1', 'l2'; got 'max'"):
        TfidfTransformer(norm="max").fit(X)
    with pytest.raises(ValueError, match="use_idf must be True or False"):
        TfidfTransformer(use_idf="no").fit(X)
    X.indices[0] = 7
    with pytest.raises(ValueError, match="malformed"):
        TfidfTransformer().fit(X)
