"""Faults that a hostile tester found, and others of their kind."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import random_labels, random_rows

from fastlr import SGDClassifier


@pytest.mark.parametrize("method", ["predict", "partial_fit", "fit"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("coef_", np.ones((1, 2))),
        ("coef_", np.ones((2, 40))),
        ("coef_", np.ones(40)),
        ("coef_", np.ones((1, 40), complex)),
        ("coef_", np.full((1, 40), "a")),
        ("intercept_", np.empty(0)),
        ("intercept_", np.zeros((1, 1))),
        ("intercept_", 3.0),
    ],
)
def test_weights_of_a_wrong_shape_or_type(any_backend, method, name, value):
    X, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(max_iter=1, warm_start=True, backend=any_backend).fit(X, y)
    setattr(model, name, value)
    with pytest.raises(ValueError, match=f"{name} must be an array of real numbers of shape"):
        getattr(model, method)(*((X,) if method == "predict" else (X, y)))


def test_more_classes_or_features_than_weights(any_backend):
    X, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(max_iter=1, backend=any_backend).partial_fit(X, y, classes=[0, 1])
    model.n_features_in_ = 50
    with pytest.raises(ValueError, match="coef_ must be an array"):
        model.partial_fit(sp.csr_matrix((60, 50)), y)
    model = SGDClassifier(max_iter=1, backend=any_backend).partial_fit(X, y, classes=[0, 1])
    model.classes_ = np.arange(5)
    with pytest.raises(ValueError, match="coef_ must be an array"):
        model.partial_fit(X, y)


@pytest.mark.parametrize("dtype", [np.int64, np.float16, np.longdouble, ">f8", bool])
def test_weights_of_another_type_are_converted(any_backend, dtype):
    X, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(max_iter=1, backend=any_backend).fit(X, y)
    model.coef_ = np.arange(40)[None, :].astype(dtype)
    expected = np.asarray(X @ model.coef_.astype(float).T)[:, 0] + model.intercept_
    np.testing.assert_allclose(model.decision_function(X), expected, rtol=1e-12)
    model.partial_fit(X, y)


def test_weights_that_are_not_finite(any_backend):
    X, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(max_iter=1, backend=any_backend).fit(X, y)
    model.coef_ = np.full((1, 40), np.nan)
    with pytest.raises(ValueError, match="coef_ or intercept_ has NaN"):
        model.partial_fit(X, y)
    model = SGDClassifier(max_iter=1, backend=any_backend).fit(X * 1e-60, y)
    before = model.coef_.copy()
    model.coef_ = before * 1e60
    with pytest.raises(ValueError, match="too large for float32"):
        model.set_params(dtype="float32").partial_fit(X, y)
    np.testing.assert_array_equal(model.coef_, before * 1e60)


def test_a_malformed_sparse_coef(any_backend):
    X, y = random_rows(), random_labels(60, 2)
    for method in ("predict", "partial_fit", "densify"):
        model = SGDClassifier(max_iter=1, backend=any_backend).fit(X, y).sparsify()
        model.coef_.indices = model.coef_.indices.copy()
        model.coef_.indices[:] = 10**9
        with pytest.raises(ValueError, match="malformed"):
            getattr(model, method)(*{"predict": (X,), "partial_fit": (X, y), "densify": ()}[method])


@pytest.mark.parametrize("form", ["csr", "csc", "coo"])
@pytest.mark.parametrize("name", ["indices", "indptr"])
def test_masked_arrays_hide_nothing(any_backend, form, name):
    X = random_rows()
    X.sum_duplicates()
    X = X.asformat(form)
    if form == "coo":
        array = np.array(X.col)
        array[::7] = 2**30
        X.col = np.ma.array(array, mask=array > 40)
    else:
        array = getattr(X, name).copy()
        array[1:-1:7] = 2**30
        setattr(X, name, np.ma.array(array, mask=array > 10**6))
    with pytest.raises(ValueError, match="malformed"):
        SGDClassifier(max_iter=1, backend=any_backend).fit(X, random_labels(60, 2))


@pytest.mark.parametrize(
    "change",
    [
        lambda A: A.data.__setitem__(3, [1.0] * 100_000),
        lambda A: A.rows.__setitem__(3, [1, 2, 3] * 1000),
        lambda A: A.rows.__setitem__(3, [1.5]) or A.data.__setitem__(3, [1.0]),
        lambda A: A.rows.__setitem__(3, [2**40]) or A.data.__setitem__(3, [1.0]),
        lambda A: A.rows.__setitem__(3, (1,)),
    ],
)
def test_malformed_lists_of_lists(any_backend, change):
    X = random_rows()
    X.sum_duplicates()
    X = X.tolil()
    change(X)
    with pytest.raises(ValueError, match="malformed"):
        SGDClassifier(max_iter=1, backend=any_backend).fit(X, random_labels(60, 2))


@pytest.mark.parametrize("batch_size", [1, 2])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_score_that_is_infinite_diverges_whatever_the_label(compiled, n_classes, batch_size):
    X = np.full((4, 3), 0.3)
    X[:, 2] = 1e290  # a huge weight after the first step, an infinite score in the second
    model = SGDClassifier(
        alpha=1e-3, learning_rate="constant", eta0=0.1, shuffle=False, batch_size=batch_size, backend=compiled
    )
    with pytest.raises(ValueError, match="Training diverged: step 2 would overflow"):
        model.partial_fit(X, np.ones(4, int), classes=np.arange(n_classes))
    assert model.t_ == 1


@pytest.mark.parametrize("batch_size", ["full", 17_000])
def test_sums_of_gradients_that_overflow(compiled, batch_size):
    X = (np.random.default_rng(0).random((20_000, 3)) * 1e36).astype(np.float32)
    y = (X[:, 0] > 5e35).astype(int)
    model = SGDClassifier(batch_size=batch_size, max_iter=1, backend=compiled)
    with pytest.raises(ValueError, match="diverged"):
        model.fit(X, y)
    with pytest.raises(ValueError, match="diverged"):
        model.partial_fit(X, y, classes=[0, 1])
    assert np.isfinite(model.coef_).all()


@pytest.mark.parametrize("weight", [1e39, 1e-46])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("batch_size", [1, 32])
def test_weights_out_of_the_range_of_float32(backend, weight, n_classes, batch_size):
    X, y = random_rows(dtype=np.float32), random_labels(60, n_classes)
    parameters = {"penalty": None, "max_iter": 2, "random_state": 0, "batch_size": batch_size, "backend": backend}
    one = SGDClassifier(**parameters).fit(X, y, sample_weight=np.full(60, weight))
    two = SGDClassifier(**parameters).fit(X, y)
    np.testing.assert_allclose(one.coef_, two.coef_, rtol=1e-4, atol=1e-6)


def test_weights_whose_sum_overflows(backend):
    X, y = random_rows(), random_labels(60, 2)
    for arguments, parameters in (
        ({"sample_weight": np.full(60, 1e307)}, {}),
        ({"sample_weight": np.full(60, 1e300)}, {"class_weight": {0: 1e300}}),
        ({}, {"class_weight": {0: 1e308, 1: 1e308}}),
    ):
        with pytest.raises(ValueError, match="sample_weight times class_weight is not finite"):
            SGDClassifier(max_iter=1, backend=backend, **parameters).fit(X, y, **arguments)


@pytest.mark.parametrize("penalty", ["l2", "l1", "elasticnet"])
@pytest.mark.parametrize("factor", [1e-160, 1e-310, 1e150])
def test_features_at_the_ends_of_the_range(backend, penalty, factor):
    X, y = random_rows(), random_labels(60, 2)
    try:
        model = SGDClassifier(max_iter=3, penalty=penalty, backend=backend).fit(X * factor, y)
        assert np.isfinite(model.coef_).all()
    except ValueError as error:
        assert "diverged" in str(error)  # noqa: PT017


@pytest.mark.parametrize("batch_size", [1, 8])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_l1_owed_before_it_was_switched_off_is_paid(compiled, batch_size, n_classes):
    X, y = random_rows(), random_labels(60, n_classes)
    models = []
    for backend in (compiled, "numpy"):
        model = SGDClassifier(
            penalty="l1", alpha=0.05, learning_rate="constant", eta0=0.5, batch_size=batch_size, shuffle=False,
            backend=backend,
        )  # fmt: skip
        model.partial_fit(X[:30], y[:30], classes=np.arange(n_classes))
        models.append(model.set_params(alpha=0.0).partial_fit(X[30:], y[30:]))
    np.testing.assert_allclose(models[0].coef_, models[1].coef_, atol=1e-12)


def test_a_second_fit_does_not_remember_the_first(backend):
    X, y = random_rows(), random_labels(60, 2)
    other = sp.csr_matrix(np.ones((60, 40)) + 0.01 * np.random.default_rng(0).normal(size=(60, 40)))
    model = SGDClassifier(max_iter=5, batch_size=16, random_state=0, backend=backend)
    twice = model.fit(X, y).fit(other, y).coef_
    np.testing.assert_array_equal(twice, SGDClassifier(**model.get_params()).fit(other, y).coef_)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_huge_row_of_weight_zero_is_absent(backend, dtype):
    X, y = random_rows(dtype=dtype), random_labels(60, 2)
    huge = sp.vstack([X, sp.csr_matrix(np.full((1, 40), np.finfo(dtype).max / 4, dtype))]).tocsr()
    parameters = {"max_iter": 2, "shuffle": False, "backend": backend}
    one = SGDClassifier(**parameters).fit(huge, np.r_[y, 1], sample_weight=np.r_[np.ones(60), 0.0])
    two = SGDClassifier(**parameters).fit(X, y)
    np.testing.assert_allclose(one.coef_, two.coef_, rtol=1e-5, atol=1e-12)
    assert one.alpha_ == pytest.approx(two.alpha_, rel=1e-6)


@pytest.mark.parametrize("eta0", [1, True, np.float32(0.5), np.longdouble(0.5), np.int8(1)])
def test_numbers_of_any_type(any_backend, eta0):
    X, y = random_rows(), random_labels(60, 2)
    parameters = {"learning_rate": "invscaling", "random_state": 0, "backend": any_backend}
    one = SGDClassifier(eta0=eta0, max_iter=np.int8(5), batch_size=np.uint8(50), power_t=np.float32(0.5), **parameters)
    two = SGDClassifier(eta0=float(eta0), max_iter=5, batch_size=50, power_t=0.5, **parameters)
    np.testing.assert_array_equal(one.fit(X, y).coef_, two.fit(X, y).coef_)
    np.testing.assert_array_equal(one.partial_fit(X, y).coef_, two.partial_fit(X, y).coef_)


def test_a_refused_call_of_partial_fit_changes_nothing(backend):
    X, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(learning_rate="optimal", penalty=None, backend=backend)
    with pytest.raises(ValueError, match="needs a penalty and alpha > 0"):
        model.partial_fit(X, y, classes=[0, 1])
    assert not hasattr(model, "classes_")
    model.set_params(penalty="l2", alpha=0.1).partial_fit(X, y, classes=[0, 1])
    before = pickle.dumps(model.set_params(penalty=None))
    with pytest.raises(ValueError, match="needs a penalty and alpha > 0"):
        model.partial_fit(X, y)
    assert pickle.dumps(model) == before


@pytest.mark.parametrize("classes", [[], 5, "ab", {0, 1}, [[0, 1], [2, 3]], [1], [0, None]])
def test_classes_that_are_none(any_backend, classes):
    with pytest.raises(ValueError, match="classes must be a 1-D array of two labels or more"):
        SGDClassifier(backend=any_backend).partial_fit(random_rows(), random_labels(60, 2), classes=classes)


def test_weights_shown_in_mid_training_cannot_be_edited_in_vain(backend):
    model = SGDClassifier(backend=backend).partial_fit(random_rows(), random_labels(60, 2), classes=[0, 1])
    with pytest.raises(ValueError, match="read-only"):
        model.coef_[:] = 0.0


@pytest.mark.parametrize("weight", ["a", None, 1j, np.ones(2)])
def test_class_weights_that_are_no_numbers(weight):
    with pytest.raises(ValueError, match=r"class_weight\[0\] must be a number"):
        SGDClassifier(class_weight={0: weight}).fit([[0.0], [1.0]], [0, 1])
