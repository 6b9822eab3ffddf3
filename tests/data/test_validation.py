"""What a hostile or hurried user feeds it. Every fault is a clear error, and the fitted model stays as it was."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import random_labels, random_rows
from sklearn.base import clone

from fastlr import LogisticRegression, SGDClassifier
from fastlr.data.validation import to_csr


def broken(**arrays):
    X = random_rows()
    for name, change in arrays.items():
        setattr(X, name, change(getattr(X, name).copy()))
    return X


def with_entry(position, value):
    def change(array):
        array[position] = value
        return array

    return change


MALFORMED = {
    "index too large": (lambda: broken(indices=with_entry(7, 40)), "indices holds 40"),
    "index far too large": (lambda: broken(indices=with_entry(7, 2**31 - 1)), "indices holds"),
    "negative index": (lambda: broken(indices=with_entry(7, -1)), "indices holds -1"),
    "indptr decreases": (lambda: broken(indptr=with_entry(5, 10**6)), "must not decrease"),
    "indptr negative": (lambda: broken(indptr=with_entry(0, -3)), "must start with 0"),
    "indptr beyond the end": (lambda: broken(indptr=with_entry(-1, 10**8)), "indptr ends at"),
    "indptr too short": (lambda: broken(indptr=lambda a: a[:-1]), "indptr has 60 entries"),
    "too few values": (lambda: broken(data=lambda a: a[:-1]), "indptr ends at"),
    "too few indices": (lambda: broken(indices=lambda a: a[:-1]), "indptr ends at"),
    "float indices": (lambda: broken(indices=lambda a: a.astype(float)), "indices must be a 1-D array of integers"),
    "two-dimensional indices": (lambda: broken(indices=lambda a: a[:, None]), "indices must be a 1-D array"),
    "object data": (lambda: broken(data=lambda a: a.astype(object)), "data must be a 1-D array of real numbers"),
    "NaN": (lambda: broken(data=with_entry(3, np.nan)), "contains NaN"),
    "infinity": (lambda: broken(data=with_entry(3, -np.inf)), "contains infinity"),
    "complex": (lambda: broken(data=lambda a: a + 1j), "Complex data not supported"),
    "no rows": (lambda: sp.csr_matrix((0, 40)), "0 sample"),
    "no features": (lambda: sp.csr_matrix((60, 0)), "0 feature"),
    "one-dimensional": (lambda: np.zeros(60), "Expected 2D array"),
    "one-dimensional and sparse": (lambda: sp.coo_array(np.ones(60)), "2D|2-D|dimension"),
    "text": (lambda: np.array([["a", "b"]] * 60), "convert|could not|numeric"),
    "dense NaN": (lambda: np.full((60, 2), np.nan), "contains NaN"),
}


@pytest.mark.parametrize("fault", MALFORMED)
def test_malformed_matrices(any_backend, fault):
    make, message = MALFORMED[fault]
    y = random_labels(60, 2)
    for method in ("fit", "partial_fit"):
        with pytest.raises((ValueError, TypeError), match=message):
            getattr(SGDClassifier(backend=any_backend), method)(
                make(), y, **({"classes": [0, 1]} if method != "fit" else {})
            )
    model = SGDClassifier(max_iter=3, backend=any_backend, random_state=0).fit(random_rows(), y)
    before = pickle.dumps(model)
    for method in ("predict", "predict_proba", "decision_function"):
        with pytest.raises((ValueError, TypeError), match=message):
            getattr(model, method)(make())
    with pytest.raises((ValueError, TypeError)):
        model.fit(make(), y)
    with pytest.raises((ValueError, TypeError)):
        model.partial_fit(make(), y)
    assert pickle.dumps(model) == before


def broken_format(name):
    X = random_rows()
    X.sum_duplicates()
    X = X.asformat(name)
    if name in ("csc", "bsr"):
        X.indices = X.indices.copy()
        X.indices[-1] = 10**6
    elif name == "coo":
        X.col = X.col.copy() if X.col.flags.writeable else np.array(X.col)
        X.col[3] = 10**6
    elif name == "dia":
        X.offsets = X.offsets[:-1]
    elif name == "lil":
        X.rows[0] = [10**6]
        X.data[0] = [1.0]
    return X


@pytest.mark.parametrize("name", ["csc", "bsr", "coo", "dia", "lil"])
def test_malformed_matrices_of_other_formats(any_backend, name):
    """Conversion to CSR itself would write out of bounds."""
    with pytest.raises((ValueError, IndexError)):
        SGDClassifier(backend=any_backend).fit(broken_format(name), random_labels(60, 2))


FAULTS = {
    "NaN label": ({"y": np.r_[np.nan, np.ones(59)]}, "y has 1 missing label"),
    "continuous labels": ({"y": np.linspace(0, 1, 60)}, "Unknown label type"),
    "one class": ({"y": np.ones(60)}, "1 class"),
    "too few labels": ({"y": np.arange(59) % 2}, r"inconsistent numbers of samples: \[60, 59\]"),
    "two columns of labels": ({"y": np.ones((60, 2))}, "1d array|shape"),
    "no labels": ({"y": None}, "requires y"),
    "negative weight": (
        {"sample_weight": np.r_[-1.0, np.ones(59)]},
        r"finite and 0 or more for every row; sample_weight\[0\] is -1",
    ),
    "NaN weight": ({"sample_weight": np.r_[np.nan, np.ones(59)]}, r"sample_weight\[0\] is nan"),
    "infinite weight": ({"sample_weight": np.r_[np.inf, np.ones(59)]}, r"sample_weight\[0\] is inf"),
    "all weights zero": ({"sample_weight": np.zeros(60)}, "zero weight"),
    "too few weights": ({"sample_weight": np.ones(59)}, "sample_weight.shape"),
    "two columns of weights": ({"sample_weight": np.ones((60, 2))}, "sample_weight|Found array with dim 2|Expected"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faulty_labels_and_weights(any_backend, fault):
    arguments, message = FAULTS[fault]
    arguments = {"y": random_labels(60, 2), **arguments}
    model = SGDClassifier(max_iter=3, backend=any_backend, random_state=0).fit(random_rows(), random_labels(60, 2))
    before = pickle.dumps(model)
    with pytest.raises(ValueError, match=message):
        model.fit(random_rows(), **arguments)
    if fault not in ("one class", "all weights zero", "continuous labels"):
        with pytest.raises(ValueError, match=message):
            model.partial_fit(random_rows(), **arguments)
    assert pickle.dumps(model) == before


PARAMETERS = {
    "loss": "hinge", "penalty": "l3", "alpha": -1.0, "l1_ratio": 1.5, "max_iter": 0, "tol": -1.0, "batch_size": 0,
    "learning_rate": "fast", "eta0": 0.0, "power_t": -1.0, "class_weight": "even", "dtype": "float16",
    "backend": "cuda", "n_iter_no_change": 0, "fit_intercept": "yes", "random_state": "today",
}  # fmt: skip


@pytest.mark.parametrize("name", PARAMETERS)
def test_faulty_parameters_are_named(name):
    with pytest.raises(ValueError, match=f"The '{name}' parameter of SGDClassifier must be"):
        SGDClassifier(**{name: PARAMETERS[name]}).fit([[0.0], [1.0]], [0, 1])


def test_faulty_class_weights():
    faults = [({7: 1.0}, "names the class 7"), ({0: -1.0}, r"class_weight\[0\]"), ({0: 0.0, 1: 0.0}, "zero weight")]
    for class_weight, message in faults:
        with pytest.raises(ValueError, match=message):
            SGDClassifier(class_weight=class_weight).fit([[0.0], [1.0]], [0, 1])


@pytest.mark.parametrize("labels", [[0, 1, 2], ["a", "b", "c"]])
def test_class_weights_that_name_every_class_may_name_more(labels):
    X, y = random_rows(), np.array(labels)[random_labels(60, 3)]
    class_weight = dict(zip(labels, (1.0, 2.0, 5.0), strict=True))
    two = np.flatnonzero(y != labels[2])
    for model in (SGDClassifier(random_state=0, max_iter=2), LogisticRegression()):
        first = clone(model).set_params(class_weight=class_weight).fit(X[two], y[two])
        alone = clone(model).set_params(class_weight={labels[0]: 1.0, labels[1]: 2.0}).fit(X[two], y[two])
        np.testing.assert_array_equal(first.coef_, alone.coef_)
        with pytest.raises(ValueError, match=rf"names the class {labels[2]!r}.* omits the class {labels[0]!r}"):
            clone(model).set_params(class_weight={labels[1]: 1.0, labels[2]: 5.0}).fit(X[two], y[two])
    stream, weighted = SGDClassifier(class_weight=class_weight, random_state=0), SGDClassifier(random_state=0)
    sample_weight = np.array([class_weight[label] for label in y.tolist()])
    for rows, classes in ((two, labels[:2]), (np.arange(60), labels)):
        stream.partial_fit(X[rows], y[rows], classes=classes)
        weighted.partial_fit(X[rows], y[rows], classes=classes, sample_weight=sample_weight[rows])
    np.testing.assert_array_equal(stream.coef_, weighted.coef_)


def test_optimal_needs_a_penalty():
    for parameters in ({"penalty": None}, {"alpha": 0.0}):
        with pytest.raises(ValueError, match="needs a penalty and alpha > 0"):
            SGDClassifier(learning_rate="optimal", **parameters).fit([[0.0], [1.0]], [0, 1])


def test_calls_of_partial_fit_that_contradict():
    X = [[0.0], [1.0]]
    with pytest.raises(ValueError, match="classes must be passed in the first call"):
        SGDClassifier().partial_fit(X, [0, 1])
    model = SGDClassifier().partial_fit(X, [0, 1], classes=[0, 1])
    with pytest.raises(ValueError, match=r"lacks \[1\], but the model has the labels"):
        model.partial_fit(X, [0, 1], classes=[0, 2])
    with pytest.raises(ValueError, match=r"not in classes: \[5\]"):
        model.partial_fit(X, [0, 5])
    with pytest.raises(ValueError, match="features"):
        model.partial_fit([[0.0, 1.0]] * 2, [0, 1])
    with pytest.raises(ValueError, match="warm_start continues with the classes"):
        model.set_params(warm_start=True).fit(X, [0, 2])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("batch_size", [1, 2, "full"])
@pytest.mark.parametrize("penalty", ["l2", "l1"])
def test_divergence_is_noticed_before_it_is_written(backend, dtype, n_classes, batch_size, penalty):
    limits = np.finfo(dtype)
    X = np.array([[1.0], [limits.max / 4], [1.0], [limits.max / 8]] * 3, dtype)
    y = np.arange(12) % n_classes
    y[5] = y[1]  # else the gradient of three classes is 0, but for rounding
    parameters = {
        "learning_rate": "constant", "eta0": 1e30, "alpha": 1e-30, "batch_size": batch_size, "shuffle": False,
        "penalty": penalty, "backend": backend,
    }  # fmt: skip
    model = SGDClassifier(**parameters)
    with pytest.raises(ValueError, match="diverged"):
        model.fit(X, y)
    assert not hasattr(model, "coef_")
    if batch_size != "full":
        with pytest.raises(ValueError, match="diverged"):
            model.partial_fit(X, y, classes=np.arange(n_classes))
        assert np.isfinite(model.coef_).all()
        assert np.isfinite(model.intercept_).all()
        assert model.t_ < 12
        if model.t_:
            before = slice(0, model.t_ * batch_size)
            twin = SGDClassifier(**parameters).partial_fit(X[before], y[before], classes=np.arange(n_classes))
            np.testing.assert_array_equal(twin.coef_, model.coef_)


def variants(X):
    """The same matrix in other clothes."""
    X = X.copy()
    X.sum_duplicates()
    read_only = X.copy()
    for array in (read_only.data, read_only.indices, read_only.indptr):
        array.flags.writeable = False
    unaligned = X.copy()
    buffer = np.empty(X.data.nbytes + 1, np.uint8)[1:]
    unaligned.data = buffer.view(X.data.dtype)
    unaligned.data[:] = X.data
    strided = X.copy()
    strided.data = np.repeat(X.data, 2)[::2]
    strided.indices = np.repeat(X.indices, 3)[::3]
    swapped = X.copy()
    swapped.data = X.data.astype(X.data.dtype.newbyteorder())
    mixed = X.copy()
    mixed.indptr = X.indptr.astype(np.int64)
    small = X.copy()
    small.indices, small.indptr = X.indices.astype(np.int16), X.indptr.astype(np.uint16)
    large = X.copy()
    large.indices, large.indptr = X.indices.astype(np.uint64), X.indptr.astype(np.uint64)
    longer = X.copy()
    longer.data, longer.indices = np.r_[X.data, np.nan], np.r_[X.indices, np.int32(10**6)]
    return {
        "read-only": read_only,
        "unaligned": unaligned,
        "strided": strided,
        "big-endian": swapped,
        "mixed": mixed,
        "small indices": small,
        "uint64 indices": large,
        "unused entries at the end": longer,
        "bsr": X.tobsr((2, 2)),
        **{name: X.asformat(name) for name in ("csc", "coo", "lil", "dok", "dia")},
        "csr_array": sp.csr_array(X),
        "coo_array": sp.coo_array(X),
        "dense": X.toarray(),
        "list": X.toarray().tolist(),
        "fortran": np.asfortranarray(X.toarray()),
    }


VARIANTS = sorted(variants(random_rows()))


@pytest.mark.parametrize("name", VARIANTS)
def test_any_clothes_same_model(any_backend, name):
    X, y = random_rows(), random_labels(60, 3)
    X.sum_duplicates()
    X.eliminate_zeros()
    reference = SGDClassifier(max_iter=3, random_state=0, penalty="elasticnet", backend=any_backend).fit(X, y)
    other = variants(X)[name]
    model = SGDClassifier(max_iter=3, random_state=0, penalty="elasticnet", backend=any_backend).fit(other, y)
    if name == "bsr":  # its blocks hold zeros, which pay their penalty in other portions
        np.testing.assert_allclose(model.coef_, reference.coef_, atol=1e-12)
    else:
        np.testing.assert_array_equal(model.coef_, reference.coef_)
    np.testing.assert_array_equal(model.predict(other), reference.predict(X))
    np.testing.assert_allclose(model.predict_proba(other), reference.predict_proba(X), rtol=1e-12)


def test_repeated_coordinates_keep_their_order():
    # SciPy sums them in the order of its own sort, which is not stable: 1 + 1e16 - 1e16 is 0 in one order, 1 in others.
    n = 40
    rows, columns = np.repeat([1, 0], n), np.tile([5, 3], n)
    values = np.tile([1.0, 1e16, -1e16, 0.5], n // 2)
    X = sp.coo_array((values, (rows, columns)), shape=(3, 8))
    csr = to_csr(X)
    order = np.argsort(rows, kind="stable")
    np.testing.assert_array_equal(csr.indptr, [0, n, 2 * n, 2 * n])
    np.testing.assert_array_equal(csr.indices, columns[order])
    np.testing.assert_array_equal(csr.data, values[order])
    as_csr = sp.csr_array((values[order], columns[order], [0, n, 2 * n, 2 * n]), shape=X.shape)
    y = [0, 1, 0]
    for fit in (SGDClassifier(max_iter=2, random_state=0, optimizer="adagrad").fit, SGDClassifier(random_state=0).fit):
        coef = fit(X, y).coef_.copy()
        np.testing.assert_array_equal(coef, fit(as_csr, y).coef_)


def test_pandas_frames(backend):
    pd = pytest.importorskip("pandas")
    X, y = random_rows(), random_labels(60, 2)
    names = [f"word {k}" for k in range(40)]
    dense = pd.DataFrame(X.toarray(), columns=names)
    model = SGDClassifier(max_iter=3, random_state=0, backend=backend).fit(dense, pd.Series(y))
    assert model.feature_names_in_.tolist() == names
    sparse = pd.DataFrame.sparse.from_spmatrix(sp.csr_matrix(X.toarray()), columns=names)
    again = SGDClassifier(max_iter=3, random_state=0, backend=backend).fit(sparse, pd.Series(y))
    np.testing.assert_array_equal(model.coef_, again.coef_)


def test_duplicates_are_summed_in_meaning(backend):
    """In scores, gradients and the automatic settings, which go by the norms of rows."""
    X, y = random_rows(), random_labels(60, 2)
    summed = X.copy()
    summed.sum_duplicates()
    assert summed.nnz < X.nnz
    one, two = (SGDClassifier(max_iter=3, random_state=0, backend=backend).fit(A, y) for A in (X, summed))
    assert one.alpha_ == pytest.approx(two.alpha_, rel=1e-12)
    np.testing.assert_allclose(one.coef_, two.coef_, atol=1e-10)


def test_the_callers_arrays_stay_as_they_are(backend):
    X, y = random_rows(), random_labels(60, 2)
    weights = np.ones(60)
    before = [a.copy() for a in (X.data, X.indices, X.indptr, y, weights)]
    model = SGDClassifier(max_iter=3, penalty="elasticnet", backend=backend).fit(X, y, sample_weight=weights)
    model.partial_fit(X, y, sample_weight=weights)
    model.predict_proba(X)
    for array, copy in zip((X.data, X.indices, X.indptr, y, weights), before, strict=True):
        np.testing.assert_array_equal(array, copy)
        assert array.flags.writeable


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.uint16, bool, np.float16, np.longdouble])
def test_other_types_of_values(backend, dtype):
    X = random_rows()
    X.sum_duplicates()
    X.data = np.abs(X.data * 3).astype(float if dtype == np.float16 else dtype)
    if dtype == np.float16:
        X = np.abs(random_rows().toarray()).astype(dtype)
    y = random_labels(60, 2)
    model = SGDClassifier(max_iter=3, random_state=0, backend=backend).fit(X, y)
    assert model.coef_.dtype == np.float64
    np.testing.assert_array_equal(
        model.coef_, SGDClassifier(max_iter=3, random_state=0, backend=backend).fit(X.astype(float), y).coef_
    )
    assert model.set_params(dtype="float32").fit(X, y).coef_.dtype == np.float32


def test_values_too_large_for_the_asked_type(backend):
    with pytest.raises(ValueError, match="too large for float32"):
        SGDClassifier(dtype="float32", backend=backend).fit(sp.csr_matrix([[1e300], [1.0]]), [0, 1])


@pytest.mark.parametrize("penalty", ["l2", "l1"])
def test_rows_without_any_entry(backend, penalty):
    X = sp.csr_matrix((10, 5))
    model = SGDClassifier(max_iter=3, penalty=penalty, backend=backend).fit(X, [0] * 2 + [1] * 8)
    assert not model.coef_.any()
    assert model.predict(X).tolist() == [1] * 10


def test_labels_of_any_kind(any_backend):
    X = random_rows()
    for labels in (
        np.array(["a", "bb", "ccc"]), np.array([b"x", b"yy", b"z"]), np.array(["é", "ß", "漢字"], object),
        np.array([-5, 0, 10**12]), np.array([0.0, 1.0, 2.0]), np.array([True, False, True]),
    ):  # fmt: skip
        y = labels[random_labels(60, 3)]
        model = SGDClassifier(max_iter=3, random_state=0, backend=any_backend).fit(X, y)
        assert set(model.predict(X)) <= set(y)
        assert model.classes_.tolist() == sorted(set(y.tolist()))


def test_all_zero_weights_change_nothing_in_partial_fit(backend):
    X, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(max_iter=3, backend=backend, random_state=0).partial_fit(X, y, classes=[0, 1])
    before = model.coef_.copy(), model.intercept_.copy(), model.t_, model.alpha_
    model.partial_fit(X, y, sample_weight=np.zeros(60))
    np.testing.assert_array_equal(model.coef_, before[0])
    np.testing.assert_array_equal(model.intercept_, before[1])
    assert (model.t_, model.alpha_) == before[2:]
    fresh = SGDClassifier(max_iter=3, backend=backend, random_state=0)
    fresh.partial_fit(X, y, classes=[0, 1], sample_weight=np.zeros(60)).partial_fit(X, y)
    np.testing.assert_array_equal(fresh.coef_, before[0])
