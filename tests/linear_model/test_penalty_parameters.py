"""C, alpha, l1_ratio and the deprecated penalty of LogisticRegression."""

import warnings

import numpy as np
import pytest
from helpers import weighted_problem

import fastlr
from fastlr import LogisticRegression, SGDClassifier, duality_gap


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 1.0, 1: 3.0, 2: 1.0}])
def test_alpha_is_the_strength_beside_the_mean_loss(any_backend, l1_ratio, class_weight):
    X, y, s = weighted_problem(3)
    parameters = {
        "l1_ratio": l1_ratio,
        "class_weight": class_weight,
        "tol": 1e-9,
        "random_state": 0,
        "backend": any_backend,
    }
    model = LogisticRegression(alpha=0.01, **parameters).fit(X, y, s)
    per_class = {"balanced": s.sum() / (3 * np.bincount(y, s)), None: np.ones(3)}
    per_row = per_class.get(class_weight) if not isinstance(class_weight, dict) else np.array([1.0, 3.0, 1.0])
    assert 0.01 * model.C_ * (per_row[y] * s).sum() == pytest.approx(1.0, rel=1e-14)
    twin = LogisticRegression(C=model.C_, **parameters).fit(X, y, s)
    np.testing.assert_array_equal(model.coef_, twin.coef_)
    # Repeated rows change C's model, and not that of alpha.
    again = LogisticRegression(alpha=0.01, **parameters).fit(X, y, 2 * s)
    assert again.objective_ == pytest.approx(model.objective_, rel=1e-8)
    assert duality_gap(model, X, y, 3 * s).relative < 1e-8 < duality_gap(twin, X, y, 3 * s).relative


def test_alpha_means_the_same_in_every_estimator():
    X, y, s = weighted_problem(3)
    model = SGDClassifier(alpha=0.01, max_iter=200, random_state=0).fit(X, y, s)
    exact = LogisticRegression(alpha=0.01).fit(X, y, s)
    assert duality_gap(model, X, y, s).primal == pytest.approx(exact.objective_, rel=1e-3)
    assert np.isinf(LogisticRegression(alpha=0).fit(X, y).C_)
    assert exact.to_sklearn().C == exact.C_
    assert LogisticRegression(C=3).fit(X, y).C_ == 3.0


def test_alpha_is_kept_in_files(tmp_path):
    X, y, _ = weighted_problem(2)
    model = LogisticRegression(alpha=0.01).fit(X, y)
    fastlr.save(model, tmp_path / "model")
    again = fastlr.load(tmp_path / "model")
    assert (again.alpha, again.C_) == (0.01, model.C_)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"C": 2.0, "alpha": 0.1}, "C=2.0 and alpha=0.1 are mutually exclusive"),
        ({"alpha": -0.1}, "'alpha' parameter"),
        ({"alpha": np.nan}, "'alpha' parameter|alpha=nan"),
        ({"alpha": 1e308}, "alpha=1e.308 is out of range"),
    ],
)
def test_faulty_alphas_change_nothing(parameters, message):
    X, y, _ = weighted_problem(2)
    model = LogisticRegression().fit(X, y)
    before = vars(model).copy()
    with pytest.raises(ValueError, match=message):
        model.set_params(**parameters).fit(X, y)
    assert vars(model) == before | parameters


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"penalty": "l2", "l1_ratio": 0.9}, "penalty=l2 with l1_ratio=0.9"),
        ({"penalty": "l1", "l1_ratio": 0.0}, "penalty=l1 with l1_ratio=0.0"),
        ({"penalty": None, "C": 4.0}, "penalty=None will ignore the C=4.0"),
        ({"penalty": None, "alpha": 0.1}, "penalty=None will ignore the alpha=0.1"),
        ({"penalty": "l2"}, None),
        ({"penalty": "l1", "l1_ratio": 1}, None),
        ({"penalty": "l1", "l1_ratio": None}, None),
        ({"penalty": "elasticnet", "l1_ratio": 0.3, "C": 2.0}, None),
        ({"penalty": None}, None),
    ],
)
def test_a_penalty_that_contradicts_other_parameters_warns(parameters, message):
    X, y, _ = weighted_problem(2)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        LogisticRegression(**parameters).fit(X, y)
    found = [str(warning.message) for warning in caught if warning.category is UserWarning]
    assert len(found) == (message is not None)
    assert message is None or message in found[0]
    assert {warning.filename for warning in caught} == {__file__}
