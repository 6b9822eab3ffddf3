"""The metrics are those of scikit-learn."""

import numpy as np
import pytest

from fastlr.metrics import (
    Evaluation,
    Outcome,
    average_precision,
    brier_score,
    calibration,
    confusion,
    log_loss,
    per_class,
    roc_auc,
)


def test_metrics_are_those_of_scikit_learn():
    from sklearn import metrics

    rng = np.random.default_rng(0)
    p, y = rng.dirichlet(np.ones(4), 200), rng.integers(0, 3, 200)  # of a fourth class there is no row
    assert log_loss(p, y) == pytest.approx(metrics.log_loss(y, p, labels=range(4)))
    matrix = confusion(p.argmax(axis=1), y, 4)
    assert np.array_equal(matrix, metrics.confusion_matrix(y, p.argmax(axis=1), labels=range(4)))
    expected = metrics.precision_recall_fscore_support(y, p.argmax(axis=1), labels=range(4), zero_division=0)
    for found, column in zip(per_class(matrix).values(), expected, strict=True):
        assert np.allclose(found, column)
    sure = calibration(np.ones(10), np.arange(10) < 7)
    assert sure == {"confidence": [1.0], "accuracy": [0.7], "count": [10], "error": pytest.approx(0.3)}


def draw(n_classes, weighted, n=300, seed=0):
    """Probabilities with ties, labels that go with them, and weights of which some are 0."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(n_classes), n // 3).repeat(3, axis=0)
    y = np.array([rng.choice(n_classes, p=0.5 * row + 0.5 / n_classes) for row in p])
    return p, y, rng.choice([0.0, 0.3, 1.0, 5.0], n) if weighted else None


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_classes", [2, 3, 7])
def test_evaluations_are_those_of_scikit_learn(n_classes, weighted):
    from sklearn import metrics

    p, y, s = draw(n_classes, weighted)
    found = Evaluation.of(Outcome.of(p, y, s), list(map(str, range(n_classes))), p)
    predicted, close = p.argmax(axis=1), {"rel": 1e-10, "abs": 1e-12}
    averages = {k: metrics.f1_score(y, predicted, average=k, sample_weight=s) for k in ("macro", "weighted", "micro")}
    assert found.f1_macro == pytest.approx(averages["macro"], **close)
    assert found.f1_weighted == pytest.approx(averages["weighted"], **close)
    assert found.as_dict()["f1_micro"] == pytest.approx(averages["micro"], **close)
    assert found.log_loss == pytest.approx(metrics.log_loss(y, p, sample_weight=s), **close)
    one_hot = y[:, None] == np.arange(n_classes)
    squares = np.average(((p - one_hot) ** 2).sum(axis=1), weights=s)
    if n_classes == 2:
        squares = metrics.brier_score_loss(y, p[:, 1], sample_weight=s)
        area = metrics.roc_auc_score(y, p[:, 1], sample_weight=s)
        precision = metrics.average_precision_score(y, p[:, 1], sample_weight=s)
    else:
        area = metrics.roc_auc_score(y, p, sample_weight=s, multi_class="ovr", average="macro")
        precision = metrics.average_precision_score(one_hot, p, sample_weight=s, average="macro")
    assert found.brier_score == pytest.approx(squares, **close)
    assert found.roc_auc == pytest.approx(area, **close)
    assert found.average_precision == pytest.approx(precision, **close)
    for k in range(n_classes):
        area = metrics.roc_auc_score(one_hot[:, k], p[:, k], sample_weight=s)
        assert found.per_class["roc_auc"][k] == pytest.approx(area, **close)
        assert roc_auc(p[:, k], one_hot[:, k], s) == found.per_class["roc_auc"][k]
        assert average_precision(p[:, k], one_hot[:, k], s) == found.per_class["average_precision"][k]


@pytest.mark.filterwarnings("error")
def test_what_is_not_defined_is_none():
    """With a single class there is nothing to rank; a class without rows is left out of the means."""
    for k, precision in ((0, None), (1, 1.0)):
        p = np.tile([0.25, 0.75], (5, 1))
        said = Evaluation.of(Outcome.of(p, np.full(5, k)), ["a", "b"], p).as_dict()
        assert said["roc_auc"] is None
        assert said["average_precision"] == precision
        assert said["classes"]["a"]["roc_auc"] is None
        assert said["f1_macro"] == (1.0 if k == 1 else 0.0)
    p, y, _ = draw(4, False)
    few = y < 3
    said = Evaluation.of(Outcome.of(p[few], y[few]), list("abcd"), p[few]).as_dict()
    one_hot = y[few][:, None] == np.arange(3)
    assert said["roc_auc"] == pytest.approx(np.mean([roc_auc(p[few, k], one_hot[:, k]) for k in range(3)]))
    assert said["classes"]["d"]["average_precision"] is None
    none = Evaluation.of(Outcome.of(p, y), list("abcd")).as_dict()
    assert none["roc_auc"] is none["average_precision"] is none["brier_score"] is None
    assert np.isnan(roc_auc(p[:, 0], y >= 0))
    assert np.isnan(average_precision(p[:, 0], y < 0))


def test_rows_of_unknown_classes_are_left_out_of_probabilities():
    """Their class has no probability; they are wrong in accuracy and F1."""
    p, y, s = draw(3, True)
    known = Evaluation.of(Outcome.of(p, y, s), list("abc"), p)
    more = np.concatenate([y, [3, 4]])
    wide = np.pad(np.concatenate([p, p[:2]]), ((0, 0), (0, 2)))
    outcome = Outcome.of(wide, more, np.concatenate([s, [1.0, 1.0]]))
    both = Evaluation.of(outcome, list("abcde"), wide[:, :3], n_known=3)
    for name in ("log_loss", "brier_score", "roc_auc", "average_precision"):
        assert getattr(both, name) == getattr(known, name)
    assert both.accuracy == pytest.approx(known.accuracy * s.sum() / (s.sum() + 2))
    assert both.f1_macro < known.f1_macro
    assert both.as_dict()["classes"]["e"] == {
        "precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 1.0, "roc_auc": None, "average_precision": None,
    }  # fmt: skip


def test_brier_score_of_sure_predictions():
    p = np.eye(3)[[0, 1, 2, 2]]
    assert brier_score(p, np.array([0, 1, 2, 0])) == 0.5
    assert brier_score(p[:2, :2], np.array([0, 0])) == 0.5
