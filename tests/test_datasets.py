import itertools
import tracemalloc

import numpy as np
import pytest
from sklearn.utils.multiclass import type_of_target

from fastlr import SGDClassifier
from fastlr.datasets import WordLaw, load_bag_of_words, make_bag_of_words

LAW = WordLaw(50_000, 0.9, 0.6, 1.75, 3000.0)


def same(X, other):
    return X.shape == other.shape and all(
        np.array_equal(getattr(X, name), getattr(other, name)) for name in ("data", "indices", "indptr")
    )


@pytest.mark.parametrize(
    "law", [LAW, WordLaw(1000, 1.0, 2.7, 1.0, 10.0), WordLaw(7, 0.0, 1.0, 2.0, 3.0), WordLaw(1, 1.1, 0.5, 1.1, 1.0)]
)
def test_words_are_drawn_by_their_law(law):
    ranks = law.draw(np.random.default_rng(0), 1_000_000)
    assert ranks.min() >= 0
    assert ranks.max() < law.n_words
    drawn = np.cumsum(np.bincount(ranks, minlength=law.n_words)) / len(ranks)
    # Kolmogorov's bound: exceeded once in 10^7 draws of a million.
    assert np.abs(drawn - law.cdf(np.arange(1, law.n_words + 1))).max() < 3e-3
    assert law.cdf(0) == 0.0


def test_exponents_of_head_and_tail():
    ranks = np.array([[100, 1000], [10_000, 40_000]])
    log_share = np.log(LAW.cdf(ranks + 1) - LAW.cdf(ranks))
    slopes = np.diff(log_share, axis=1).ravel() / np.diff(np.log(ranks), axis=1).ravel()
    np.testing.assert_allclose(slopes, [-0.9, -1.75], atol=0.01)


def test_frequencies_and_lengths_follow_their_laws():
    n, n_words = 20_000, 5000
    X, _ = make_bag_of_words(n, n_words, mean_length=50, weighting="counts", random_state=0)
    lengths = np.asarray(X.sum(axis=1)).ravel()
    assert lengths.mean() == pytest.approx(50, rel=0.02)
    assert np.log(lengths).std() == pytest.approx(0.55, rel=0.02)
    shares = np.sort(np.asarray(X.sum(axis=0)).ravel())[::-1] / lengths.sum()
    law = WordLaw(n_words, 0.9, 0.6, 1.75, 3000.0)
    ranks = np.array([0, 1, 3, 10, 30, 100, 300, 1000])
    # Classes that dislike a word change its share by less than a quarter.
    np.testing.assert_allclose(shares[ranks], law.cdf(ranks + 1) - law.cdf(ranks), rtol=0.25)


def test_canonical_rows():
    X, y = make_bag_of_words(3000, 2000, mean_length=60, n_classes=5, random_state=1)
    for row in np.split(X.indices, X.indptr[1:-1]):
        assert len(row) >= 1
        assert (np.diff(row) > 0).all()
    assert X.indices.min() >= 0
    assert X.indices.max() < 2000
    np.testing.assert_allclose(np.asarray(X.multiply(X).sum(axis=1)).ravel(), 1.0)
    assert type_of_target(y) == "multiclass"
    assert set(y) == set(range(5))
    copy = X.copy()
    copy.sum_duplicates()
    assert same(X, copy)


def test_counts_are_whole_numbers_whose_logarithms_are_the_other_values():
    counts, y = make_bag_of_words(500, 300, weighting="counts", random_state=3)
    logs, same_y = make_bag_of_words(500, 300, random_state=3)
    assert np.array_equal(y, same_y)
    assert (counts.data == np.rint(counts.data)).all()
    assert counts.data.max() > 1
    expected = counts.copy()
    expected.data = 1.0 + np.log(counts.data)
    norms = np.sqrt(np.asarray(expected.multiply(expected).sum(axis=1)).ravel())
    np.testing.assert_allclose(logs.toarray(), expected.toarray() / norms[:, None])


def test_same_seed_same_rows_and_a_larger_sample_begins_with_them():
    X, y = make_bag_of_words(9000, 1000, random_state=0)  # several chunks, and part of one
    again, y_again = make_bag_of_words(9000, 1000, random_state=np.random.RandomState(0))
    other, _ = make_bag_of_words(9000, 1000, random_state=1)
    small, y_small = make_bag_of_words(2000, 1000, random_state=0)
    assert same(X, again)
    assert np.array_equal(y, y_again)
    assert not same(X, other)
    assert same(X[:2000], small)
    assert np.array_equal(y[:2000], y_small)


def test_chunks_differ():
    X, _ = make_bag_of_words(4000, 1000, random_state=0)
    chunk = round((1 << 17) / 100)
    assert not same(X[:chunk], X[chunk : 2 * chunk])


@pytest.mark.parametrize(("dtype", "index"), list(itertools.product([np.float32, np.float64], [np.int32, np.int64])))
def test_on_disk_as_in_memory(tmp_path, dtype, index):
    options = {"n_classes": 4, "dtype": dtype, "index_dtype": index, "random_state": 5}
    X, y = make_bag_of_words(5000, 800, **options)
    mapped, y_mapped = make_bag_of_words(5000, 800, path=tmp_path / "new" / "folder", **options)
    loaded, y_loaded = load_bag_of_words(str(tmp_path / "new" / "folder"))
    for other, labels in ((mapped, y_mapped), (loaded, y_loaded)):
        assert same(X, other)
        assert np.array_equal(y, labels)
        assert isinstance(other.data, np.memmap)
        assert isinstance(other.indices, np.memmap)
        assert (other.data.dtype, other.indices.dtype, other.indptr.dtype) == (dtype, index, index)
    assert (X.data.dtype, X.indices.dtype, X.indptr.dtype) == (dtype, index, index)


def test_writing_takes_no_memory_of_the_matrix_size(tmp_path):
    tracemalloc.start()
    try:
        X, _ = make_bag_of_words(60_000, 100_000, random_state=0, path=tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert X.data.nbytes + X.indices.nbytes > 50e6
    assert peak < 20e6


def test_a_folder_is_written_over_and_an_incomplete_one_refused(tmp_path):
    make_bag_of_words(500, 100, random_state=0, path=tmp_path)
    X, _ = make_bag_of_words(50, 200, random_state=1, path=tmp_path)
    assert same(X, make_bag_of_words(50, 200, random_state=1)[0])
    (tmp_path / "shape.npy").unlink()
    with pytest.raises(FileNotFoundError, match="path"):
        load_bag_of_words(tmp_path)


def test_classes_are_told_apart_by_their_words_alone(any_backend):
    accuracies = []
    for sharpness in (0.0, 0.5, 1.0):
        X, y = make_bag_of_words(3000, 500, sharpness=sharpness, random_state=0)
        model = SGDClassifier(random_state=0, max_iter=2, backend=any_backend).fit(X[:2000], y[:2000])
        accuracies.append(model.score(X[2000:], y[2000:]))
    assert 0.44 < accuracies[0] < 0.56
    assert 0.7 < accuracies[1] < accuracies[2] - 0.02


def test_a_class_uses_its_words_as_often_as_the_docstring_says():
    X, y = make_bag_of_words(20_000, 40, mean_length=200, sharpness=0.8, weighting="counts", random_state=0)
    shares = np.array([np.asarray(X[y == k].sum(axis=0)).ravel() for k in (0, 1)])
    shares /= shares.sum(axis=1, keepdims=True)
    ratios = shares[0] / shares[1]
    constants = ratios[(ratios > 0.8) & (ratios < 1.25)]  # words that both like, or neither
    assert len(constants) > 5
    assert ratios.max() > 1.7  # (2 + 0.8) / (2 - 0.8) = 2.33, by words of even frequency
    assert ratios.min() < 1 / 1.7


def test_any_number_of_features_costs_the_same_memory():
    X, _ = make_bag_of_words(200, 2**31 - 1, tail_exponent=1.0, random_state=0)
    assert X.shape == (200, 2**31 - 1)
    assert X.indices.max() > 2**30


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_samples", 0),
        ("n_samples", 2.5),
        ("n_features", 0),
        ("n_features", 2**31),
        ("mean_length", 0.5),
        ("mean_length", float("nan")),
        ("n_classes", 0),
        ("sharpness", -0.1),
        ("sharpness", 1.1),
        ("length_spread", -1.0),
        ("exponent", -1.0),
        ("shift", 0.0),
        ("tail_exponent", "steep"),
        ("tail_rank", 0),
        ("weighting", "tfidf"),
        ("dtype", np.int32),
        ("index_dtype", np.uint32),
        ("random_state", "seed"),
        ("path", 3),
    ],
)
def test_bad_arguments_are_named(name, value):
    with pytest.raises((ValueError, TypeError), match=name):
        make_bag_of_words(**{name: value})


def test_too_many_non_zeros_for_the_index():
    from fastlr import datasets

    with pytest.raises(ValueError, match="index_dtype"):
        datasets._indptr(np.array([2**31 - 1, 1]), np.dtype(np.int32))
    assert datasets._indptr(np.array([2**31 - 1, 1]), np.dtype(np.int64))[-1] == 2**31
