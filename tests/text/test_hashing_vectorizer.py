"""Parameters of Hasher, and HashingVectorizer as a citizen of scikit-learn."""

import numpy as np
import pytest
from helpers.texts import assert_same_rows

import fastlr
from fastlr.text import Hasher, HashingVectorizer


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_features": 0}, r"n_features must be an integer between 1 and 2\*\*31; got 0"),
        ({"n_features": 2**31 + 1}, "got 2147483649"),
        ({"n_features": 2.0}, "got 2.0"),
        ({"n_features": True}, "got True"),
        ({"analyzer": "chars"}, "analyzer must be one of 'word', 'char', 'char_wb', 'whitespace'; got 'chars'"),
        ({"analyzer": None}, "got None"),
        ({"weighting": "tf"}, "weighting must be one of 'count', 'binary', 'log'; got 'tf'"),
        ({"norm": "max"}, "norm must be one of None, 'l1', 'l2'; got 'max'"),
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
        ({"stop_words": ["don't"]}, r"""Each stop word must be one word, but "don't" splits into \['don', 't'\]"""),
        ({"stop_words": ["a"], "analyzer": "char_wb"}, "stop_words requires analyzer='word'"),
    ],
)
def test_settings_that_are_none(parameters, message):
    with pytest.raises(ValueError, match=message):
        Hasher(**parameters)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_features": 2**31 + 1}, "The 'n_features' parameter of HashingVectorizer must be .* Got 2147483649"),
        ({"analyzer": None}, "The 'analyzer' parameter of HashingVectorizer must be .* Got None"),
        ({"weighting": "tf"}, "The 'weighting' parameter of HashingVectorizer must be .* Got 'tf'"),
        ({"norm": "max"}, "The 'norm' parameter of HashingVectorizer must be .* Got 'max'"),
        ({"min_token_length": 0}, "The 'min_token_length' parameter of HashingVectorizer must be .* Got 0"),
        ({"ngram_range": (2, 1)}, r"Invalid value for ngram_range=\(2, 1\)"),
        ({"alternate_sign": "x"}, "The 'alternate_sign' parameter of HashingVectorizer must be .* Got 'x'"),
        ({"backend": "cuda"}, "backend must be one of"),
    ],
)
def test_settings_of_the_transformer_that_are_none(parameters, message):
    with pytest.raises(ValueError, match=message):
        HashingVectorizer(**parameters).fit(["x"])


def test_switches_of_each():
    for name in ("signed", "sort_indices", "marks"):
        with pytest.raises(ValueError, match=f"{name} must be True or False; got 'x'"):
            Hasher(**{name: "x"})


def test_the_transformer_of_hashes(backend):
    texts = ["a good film", "a bad film"]
    vectorizer = HashingVectorizer(ngram_range=(1, 2), token_pattern=r"\b\w+\b", backend=backend)
    X = vectorizer.transform(texts)
    assert X.shape == (2, 2**20)
    assert X.indptr.dtype == X.indices.dtype == np.int32
    assert_same_rows((X.indptr, X.indices, X.data), Hasher(ngram_range=(1, 2)).transform(texts, backend))
    assert vectorizer.fit(texts) is vectorizer
    assert (vectorizer.fit_transform(texts) != X).nnz == 0
    tags = vectorizer.__sklearn_tags__()
    assert (tags.input_tags.string, tags.input_tags.two_d_array, tags.requires_fit) == (True, False, False)
    with pytest.raises(ValueError, match="string object received"):
        vectorizer.fit("text")
    with pytest.raises(ValueError, match="string object received"):
        vectorizer.transform("text")


def test_what_a_column_holds(backend):
    texts = ["b c b", "a c", "é é é é"]
    vectorizer = HashingVectorizer(n_features=1, token_pattern=r"\w+", backend=backend)
    assert vectorizer.inverse([0, 0], texts) == [["é", "b", "c", "a"]] * 2
    vectorizer = HashingVectorizer(n_features=2**31, token_pattern=r"\w+", backend=backend, ngram_range=(1, 2))
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
