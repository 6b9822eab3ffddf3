"""The scale and the shifts of scores that fit documents held out."""

import numpy as np
import pytest

from fastlr.kernels.backend import resolve_backend
from fastlr.metrics import log_loss
from fastlr.text.calibration import MAX_SCORES, calibrate, relative_loss
from fastlr.text.predictor import probabilities

BACKEND = resolve_backend(None)


def drawn(n, n_outputs, seed=0):
    """Scores, and labels drawn with the probabilities that they give."""
    rng = np.random.default_rng(seed)
    scores = (2.0 * rng.standard_normal((n, n_outputs))).astype(np.float32)
    p = probabilities(scores, BACKEND)
    return scores, (p.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1).clip(max=p.shape[1] - 1)


@pytest.mark.parametrize("n_outputs", [1, 4])
@pytest.mark.parametrize("factor", [0.2, 1.0, 6.0])
def test_scale_and_shifts_are_found(n_outputs, factor):
    scores, codes = drawn(2000, n_outputs)
    shifts = np.linspace(-1.0, 1.5, n_outputs) if n_outputs > 1 else np.array([-1.0])
    found = calibrate(((scores - shifts) / factor).astype(np.float32), codes, None, BACKEND)
    assert found.scale == pytest.approx(factor, rel=0.15)
    difference = found.shifts - shifts
    assert difference - (difference.mean() if n_outputs > 1 else 0.0) == pytest.approx(0.0, abs=0.25)
    assert found.apply(scores).dtype == np.float32


@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("factor", [0.1, 30.0])
def test_the_loss_falls_however_wrong_the_scores_are(n_outputs, factor):
    scores, codes = drawn(500, n_outputs)
    wrong = scores * np.float32(factor)
    found = calibrate(wrong, codes, None, BACKEND).apply(wrong)
    best = log_loss(probabilities(scores, BACKEND), codes)
    assert log_loss(probabilities(found, BACKEND), codes) < 1.1 * best < log_loss(probabilities(wrong, BACKEND), codes)


def test_a_few_documents_say_little():
    """Two documents that are told apart would otherwise make the scores as large as they can be."""
    scores, codes = np.array([[1.0], [-1.0]], np.float32), np.array([1, 0])
    few, many = (
        calibrate(scores, codes, None, BACKEND),
        calibrate(np.tile(scores, (500, 1)), np.tile(codes, 500), None, BACKEND),
    )
    assert 1.0 < few.scale < 1.2
    assert abs(few.shifts[0]) < 0.1
    assert many.scale > 3.0


def test_a_class_that_is_absent_is_shifted_down():
    scores, codes = np.zeros((300, 3), np.float32), np.array([0, 1, 0] * 100)
    shifts = calibrate(scores, codes, None, BACKEND).shifts
    assert shifts[0] > shifts[1] > shifts[2] > -10.0


def test_documents_count_by_their_weights():
    scores, codes = drawn(1500, 3)
    weights = np.ones(2000)
    weights[1500:] = 0.0  # labels of the others are wrong
    others = (scores[:500] * 3.0, (codes[:500] + 1) % 3)
    both = np.concatenate([scores, others[0]]), np.concatenate([codes, others[1]])
    expected, found = calibrate(scores, codes, None, BACKEND), calibrate(*both, 7.0 * weights, BACKEND)
    assert found.scale == pytest.approx(expected.scale)
    assert found.shifts == pytest.approx(expected.shifts)
    assert calibrate(*both, None, BACKEND).scale < 0.7 * found.scale


def test_some_of_many_documents_do():
    scores, codes = drawn(2 * (MAX_SCORES // 10), 10)
    expected, found = calibrate(scores[::2], codes[::2], None, BACKEND), calibrate(scores, codes, None, BACKEND)
    assert found.scale == expected.scale


def test_a_rare_class_is_placed_by_all_documents():
    """One document in 100 is of the second class, and some thousand documents alone would have too few of them."""
    rng = np.random.default_rng(0)
    codes = (rng.random(20_000) < 0.01).astype(int)
    odds = 4.0 * (4.0 * codes + rng.standard_normal(20_000)) - 8.0 + np.log(0.01 / 0.99)
    found = calibrate((2.0 * odds + 3.0).astype(np.float32)[:, None], codes, None, BACKEND)
    assert found.scale == pytest.approx(0.5, rel=0.15)
    assert found.shifts[0] == pytest.approx(-1.5, abs=0.6)


def test_relative_loss():
    codes = np.array([0, 1, 2, 0] * 50)
    equal = np.log(np.array([0.5, 0.25, 0.25], np.float32))[None].repeat(200, axis=0)
    assert relative_loss(equal, codes, None, BACKEND) == pytest.approx(1.0)
    assert relative_loss(equal + 20.0 * np.eye(3, dtype=np.float32)[codes], codes, None, BACKEND) < 1e-6
    assert relative_loss(equal, codes, np.where(codes == 0, 3.0, 1.0), BACKEND) == pytest.approx(1.178, abs=0.001)
    assert np.isfinite(relative_loss(-1e6 * np.eye(3, dtype=np.float32)[codes], codes, None, BACKEND))
