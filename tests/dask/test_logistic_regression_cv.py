"""Cross-validation on a cluster: the bits of the same partitions in this process."""

import numpy as np
import pytest
from sklearn.base import clone

import fastlr
from fastlr.dask import LogisticRegressionCV

from .conftest import assert_same

# Few rounds, as each costs many times what these few rows do.
FAST = {"Cs": [0.1, 1.0], "cv": 2, "solver": "lbfgs", "tol": 0.1}


def test_the_model_is_that_of_this_process(client, three_classes):
    expected = fastlr.LogisticRegressionCV(**FAST).fit(three_classes.here(weighted=True), None)
    parts = [three_classes.delayed(each) for each in (three_classes.X, three_classes.y, three_classes.sample_weight)]
    model = LogisticRegressionCV(**FAST).fit(*parts)
    assert_same(model, expected)
    for name in ("scores_", "coefs_paths_", "n_iter_", "C_", "l1_ratio_", "duality_gap_"):
        assert np.array_equal(getattr(model, name), getattr(expected, name)), name
    local = model.to_local()
    assert type(local) is fastlr.LogisticRegressionCV
    assert local.get_params() == fastlr.LogisticRegressionCV(**FAST).get_params()
    in_memory = three_classes.X, three_classes.y, three_classes.sample_weight
    assert model.score(*parts) == pytest.approx(local.score(*in_memory), rel=1e-12)
    assert model.score(*in_memory) == local.score(*in_memory)
    assert np.array_equal(model.predict_proba(parts[0]).compute(), local.predict_proba(three_classes.X))
    assert clone(model).get_params() == model.get_params()


def test_what_cannot_work_is_refused_before_anything_is_read(client, two_classes):
    X, y = two_classes.delayed(two_classes.X), two_classes.delayed(two_classes.y)
    for parameters, message in [
        ({"cv": [([0], [1])]}, "cv must be None or an integer"),
        ({"scoring": "roc_auc"}, "scoring must be"),
    ]:
        with pytest.raises(ValueError, match=message):
            LogisticRegressionCV(**parameters).fit(X, y)
