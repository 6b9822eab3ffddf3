"""`coef_init` and `intercept_init`: where `SGDClassifier.fit` starts from."""

import numpy as np
import pytest
from helpers import random_labels, random_rows

from fastlr import SGDClassifier

# One tiny step per row: the model is where it started, to 1e-6.
STILL = {"penalty": None, "learning_rate": "constant", "eta0": 1e-9, "max_iter": 1, "random_state": 0}


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("batch_size", [1, 7, "full"])
def test_training_starts_from_them(backend, n_classes, batch_size):
    X, y = random_rows(), random_labels(60, n_classes)
    random = np.random.default_rng(0)
    n_outputs = 1 if n_classes == 2 else n_classes
    coef, intercept = random.normal(size=(n_outputs, 40)), random.normal(size=n_outputs)
    model = SGDClassifier(batch_size=batch_size, tol=1e9 if batch_size == "full" else None, backend=backend, **STILL)
    given = coef.copy(), intercept.copy()
    model.fit(X, y, coef_init=coef, intercept_init=intercept)
    np.testing.assert_allclose(model.coef_, coef, atol=1e-6)
    np.testing.assert_allclose(model.intercept_, intercept, atol=1e-6)
    np.testing.assert_array_equal(coef, given[0])  # the caller's arrays stay as they are
    np.testing.assert_array_equal(intercept, given[1])
    model.fit(X, y, coef_init=coef)
    np.testing.assert_allclose(model.intercept_, 0.0, atol=1e-6)
    model.fit(X, y, intercept_init=intercept)
    np.testing.assert_allclose(model.coef_, 0.0, atol=1e-6)


def test_it_is_the_model_of_a_warm_start_from_the_same_weights(backend):
    X, y = random_rows(), random_labels(60, 3)
    parameters = {"penalty": "elasticnet", "alpha": 1e-3, "max_iter": 3, "random_state": 0, "backend": backend}
    first = SGDClassifier(**parameters).fit(X, y)
    start = {"coef_init": first.coef_.tolist(), "intercept_init": first.intercept_.astype(np.float32).astype(float)}
    again = SGDClassifier(**parameters).fit(X, y, **start)
    first.intercept_ = start["intercept_init"]
    warm = first.set_params(warm_start=True).fit(X, y)
    np.testing.assert_array_equal(again.coef_, warm.coef_)
    np.testing.assert_array_equal(again.intercept_, warm.intercept_)


def test_they_go_before_the_weights_of_a_warm_start(backend):
    X, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(warm_start=True, backend=backend, **STILL).fit(X, y, coef_init=np.full(40, 2.0))
    model.fit(X, y, intercept_init=3.0)
    np.testing.assert_allclose(model.coef_, 2.0, atol=1e-6)
    np.testing.assert_allclose(model.intercept_, 3.0, atol=1e-6)


def test_an_intercept_that_is_not_fitted_stays(backend):
    X, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(fit_intercept=False, random_state=0, backend=backend).fit(X, y, intercept_init=[0.5])
    assert model.intercept_ == 0.5


@pytest.mark.parametrize("n_classes", [2, 3])
def test_shapes_are_checked_before_anything_changes(n_classes):
    X, y = random_rows(), random_labels(60, n_classes)
    n_outputs = 1 if n_classes == 2 else 3
    model = SGDClassifier(random_state=0).fit(X, y)
    before = model.coef_.copy()
    wrong = [{"coef_init": np.zeros((n_outputs, 39))}, {"coef_init": np.zeros((2, 40))}, {"coef_init": np.zeros(41)}]
    wrong += [{"intercept_init": np.zeros(2)}, {"intercept_init": np.zeros((n_outputs, 1, 1))}]
    if n_classes == 3:
        wrong += [{"coef_init": np.zeros(40)}, {"intercept_init": 0.0}]
    for start in wrong:
        (name,) = start
        with pytest.raises(ValueError, match=f"{name} must be an array of shape .* found shape"):
            model.fit(X, y, **start)
    with pytest.raises(ValueError, match="Input coef_init contains NaN"):
        model.fit(X, y, coef_init=np.full((n_outputs, 40), np.nan))
    with pytest.raises(ValueError, match="coef_init must be an array of finite numbers: could not convert"):
        model.fit(X, y, coef_init="abc")
    with pytest.raises(ValueError, match=r"coef_init holds 1e\+300, which float32 cannot hold"):
        SGDClassifier(dtype="float32").fit(X, y, coef_init=np.full((n_outputs, 40), 1e300))
    np.testing.assert_array_equal(model.coef_, before)


@pytest.mark.parametrize("optimizer", ["adagrad", "ftrl"])
def test_optimizers_with_sums_of_their_own_refuse_them(optimizer):
    X, y = random_rows(), random_labels(60, 2)
    for name, value in (("coef_init", np.zeros((1, 40))), ("intercept_init", 0.0)):
        with pytest.raises(ValueError, match=f"optimizer='{optimizer}' cannot start from weights: leave {name}=None"):
            SGDClassifier(optimizer=optimizer).fit(X, y, **{name: value})


def test_they_can_be_routed():
    from sklearn import config_context
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MaxAbsScaler

    X, y = random_rows(), random_labels(60, 2)
    with config_context(enable_metadata_routing=True):
        model = SGDClassifier(**STILL).set_fit_request(coef_init=True, intercept_init=True)
        pipeline = make_pipeline(MaxAbsScaler(), model)
        pipeline.fit(X, y, coef_init=np.full((1, 40), 2.0), intercept_init=1.0)
    np.testing.assert_allclose(pipeline[-1].coef_, 2.0, atol=1e-6)
    np.testing.assert_allclose(pipeline[-1].intercept_, 1.0, atol=1e-6)
