"""Probabilities of all classes, by the kernels and by the losses, against SciPy's functions."""

import numpy as np
import pytest
from scipy.special import expit, log_expit, log_softmax, softmax

from fastlr import kernels
from fastlr.objective.losses import LOG_LOSS
from fastlr.objective.predictions import class_probabilities
from fastlr.utils.arrays import CHUNK_SIZE


def scores_of(n_samples, n_outputs, dtype=np.float64):
    rng = np.random.default_rng(n_outputs)
    return (rng.normal(size=(n_samples, n_outputs)) * 10.0 ** rng.integers(-9, 3, (n_samples, 1))).astype(dtype)


def expected(scores, log):
    z = scores.astype(np.float64)
    if z.shape[1] > 1:
        return log_softmax(z, axis=1) if log else softmax(z, axis=1)
    function = log_expit if log else expit
    return np.hstack([function(-z), function(z)])


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("n_outputs", [1, 3, 40])
def test_scipy_agrees(backend, n_outputs, log):
    for n_samples in (0, 1, 7, CHUNK_SIZE + 3 if n_outputs < 40 else 2000):
        z = scores_of(n_samples, n_outputs)
        p = class_probabilities(z, kernels.load(backend), log=log)
        assert p.shape == (n_samples, max(n_outputs, 2))
        with np.errstate(under="ignore"):
            # Where a class is nearly certain, log_softmax has few digits.
            atol = 1e-307 if n_outputs == 1 or not log else 1e-15
            np.testing.assert_allclose(p, expected(z, log), rtol=3e-15 * n_outputs, atol=atol)


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("n_outputs", [1, 4])
def test_the_loss_agrees(backend, n_outputs, log):
    z = scores_of(300, n_outputs)
    p = class_probabilities(z, kernels.load(backend), log=log)
    own = LOG_LOSS.log_probabilities(z) if log else LOG_LOSS.probabilities(z)
    np.testing.assert_allclose(p, own, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("n_outputs", [1, 4])
def test_types_and_layout(backend, n_outputs, log):
    z = scores_of(50, n_outputs, np.float32)
    call = kernels.load(backend)
    single, double = (class_probabilities(z, call, dtype, log=log) for dtype in (None, np.float64))
    assert (single.dtype, double.dtype) == (np.float32, np.float64)
    assert single.tobytes() == double.astype(np.float32).tobytes()
    before = z.copy()
    for other in (np.asfortranarray(z), np.repeat(z, 2, axis=0)[::2]):
        other.flags.writeable = False
        assert class_probabilities(other, call, log=log).tobytes() == single.tobytes()
    assert z.tobytes() == before.tobytes()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_extreme_scores(backend, n_outputs):
    z = np.zeros((7, n_outputs))
    z[:, -1] = [1e300, -1e300, 709.0, -745.0, 1e-300, -0.0, np.nan]
    call = kernels.load(backend)
    p, logs = class_probabilities(z, call), class_probabilities(z, call, log=True)
    assert np.isnan(p[6]).all()
    assert np.isnan(logs[6]).all()
    np.testing.assert_allclose(p[:6].sum(axis=1), 1.0, rtol=1e-15)
    assert np.isfinite(logs[:6]).all()
    assert (logs[:6] <= 0.0).all()
    if n_outputs == 1:
        assert p[4:6].tolist() == [[0.5, 0.5]] * 2


def test_infinite_scores(backend):
    z = np.array([[np.inf], [-np.inf]])
    np.testing.assert_array_equal(class_probabilities(z, kernels.load(backend)), [[0.0, 1.0], [1.0, 0.0]])


def test_a_nearly_certain_class_keeps_its_digits(any_backend):
    z = np.zeros((6, 3))
    z[:, 1] = [0.0, 1.0, 14.0, 40.0, 300.0, 700.0]
    logs = class_probabilities(z, kernels.load(any_backend), log=True)
    np.testing.assert_allclose(logs[:, 1], -np.log1p(2.0 * np.exp(-z[:, 1])), rtol=1e-14)
    np.testing.assert_allclose(logs[:, 0], logs[:, 1] - z[:, 1], rtol=1e-15)
