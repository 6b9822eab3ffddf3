"""SGD on a cluster: the bits of the same partitions in this process, evaluation sets, and what is refused."""

import numpy as np
import pytest
from dask import delayed
from sklearn.base import clone

import fastlr
from fastlr.dask import SGDClassifier
from fastlr.kernels.backend import resolve_backend

from .conftest import assert_same

pytestmark = pytest.mark.skipif(resolve_backend() == "numpy", reason="for the compiled backends")

CASES = [
    {"max_iter": 1},
    {"max_iter": 1, "penalty": "l1", "alpha": 1e-3},
    {"max_iter": 1, "penalty": "elasticnet", "alpha": 1e-3, "average": True, "learning_rate": "constant"},
]


@pytest.mark.parametrize("parameters", CASES, ids=str)
def test_bits_are_those_of_this_process(client, three_classes, parameters):
    expected = fastlr.SGDClassifier(random_state=0, **parameters).fit(three_classes.here(weighted=True))
    given = map(three_classes.delayed, (three_classes.X, three_classes.y, three_classes.sample_weight))
    model = SGDClassifier(random_state=0, **parameters).fit(*given)
    assert_same(model, expected)
    assert model.history_["training_loss"].tolist() == expected.history_["training_loss"].tolist()


def test_evaluation_sets_and_early_stopping(client, two_classes):
    X, y = two_classes.delayed(two_classes.X), two_classes.delayed(two_classes.y)
    here = two_classes.X, two_classes.y
    parameters = {"random_state": 0, "early_stopping": True, "max_iter": 2}
    model = SGDClassifier(**parameters).fit(X, y, eval_set=[here, (X, y)])
    for name in ("loss", "accuracy"):
        losses = (model.history_[f"validation_{k}_{name}"] for k in (0, 1))
        np.testing.assert_allclose(*losses, rtol=1e-13)
    expected = fastlr.SGDClassifier(**parameters).fit(two_classes.here(), eval_set=here)
    assert_same(model, expected)
    assert model.best_epoch_ == expected.best_epoch_
    held_out = SGDClassifier(**parameters).fit(X, y)
    assert_same(held_out, fastlr.SGDClassifier(**parameters).fit(two_classes.here()))
    assert not hasattr(held_out, "validation_indices_")


def test_a_model_without_a_cluster(client, two_classes, tmp_path):
    X, y = two_classes.delayed(two_classes.X), two_classes.delayed(two_classes.y)
    checkpoint = {"checkpoint": tmp_path / "state", "checkpoint_every": 0.0}
    model = SGDClassifier(random_state=0, max_iter=1, client=client).fit(X, y, **checkpoint)
    local = model.to_local()
    assert type(local) is fastlr.SGDClassifier
    assert local.get_params() == fastlr.SGDClassifier(random_state=0, max_iter=1).get_params()
    fastlr.save(local, tmp_path / "model")
    assert_same(fastlr.load(tmp_path / "model"), model)
    assert np.array_equal(model.predict_proba(X).compute(), local.predict_proba(two_classes.X))
    assert model.score(X, y) == pytest.approx(local.score(two_classes.X, two_classes.y), rel=1e-15)
    resumed = SGDClassifier(random_state=0, max_iter=1).fit(X, y, **checkpoint, resume=True)
    assert_same(resumed, model)
    assert clone(model).client is client
    before = model.t_
    assert model.partial_fit(two_classes.X, two_classes.y).t_ == before + 400


def test_callbacks(client, two_classes):
    callback = pytest.importorskip("sklearn.callback", reason="needs scikit-learn 1.9")
    X, y = two_classes.delayed(two_classes.X), two_classes.delayed(two_classes.y)
    model = SGDClassifier(random_state=0, max_iter=1)
    model.set_callbacks(callback.ProgressBar())
    expected = fastlr.SGDClassifier(random_state=0, max_iter=1).fit(two_classes.here())
    assert_same(model.fit(X, y), expected)


def test_refused_before_anything_runs():
    def never():
        raise AssertionError("a task has run")

    X = [delayed(never)()]
    for parameters, message in [
        ({"optimizer": "ftrl"}, "optimizer='ftrl' needs all rows in one process"),
        ({"batch_size": "full"}, "batch_size='full' does not support rows in partitions"),
        ({"penalty": "l3"}, "penalty"),
    ]:
        with pytest.raises(ValueError, match=message):
            SGDClassifier(**parameters).fit(X, [[0, 1]])
    with pytest.raises(ValueError, match="partial_fit does not support rows in partitions"):
        SGDClassifier().partial_fit(X, [0, 1], classes=[0, 1])
