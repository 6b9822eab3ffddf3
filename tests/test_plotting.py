"""The displays: what they draw is the model's, and nothing of it is cut off."""

import itertools
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from helpers import random_labels, random_rows
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import make_pipeline

from fastlr import LogisticRegression, LogisticRegressionCV, SGDClassifier, regularization_path

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402

from fastlr.plotting import LearningCurveDisplay, RegularizationPathDisplay, TopFeaturesDisplay  # noqa: E402

X, Y = random_rows(), random_labels(60, 3)
WORDS = [f"word{k}" for k in range(40)]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def assert_nothing_is_cut(figure):
    """All that is drawn lies within the figure, and no two labels of an axis overlap."""
    figure.canvas.draw()
    drawn, whole = figure.get_tightbbox(), figure.bbox_inches
    assert drawn.x0 >= 0.0
    assert drawn.y0 >= 0.0
    assert drawn.x1 <= whole.x1
    assert drawn.y1 <= whole.y1
    for ax in figure.axes:
        low, high = sorted(ax.get_ylim())
        labels = [tick.label1 for tick in ax.yaxis.get_major_ticks() if low <= tick.get_loc() <= high]
        boxes = sorted((label.get_window_extent() for label in labels), key=lambda box: box.y0)
        for below, above in itertools.pairwise(boxes):
            assert below.y1 <= above.y0 + 1


def test_matplotlib_is_imported_only_to_draw():
    code = "import sys, fastlr, fastlr.plotting, fastlr.linear_model; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_learning_curves():
    model = SGDClassifier(early_stopping=True, n_iter_no_change=2, max_iter=8, random_state=0).fit(X, Y)
    display = LearningCurveDisplay.from_estimator(model)
    assert [line.get_label() for line in display.lines_] == ["training loss", "objective", "validation loss"]
    for line, name in zip(display.lines_, ["training_loss", "objective", "validation_loss"], strict=True):
        np.testing.assert_array_equal(line.get_xdata(), model.history_["epoch"])
        np.testing.assert_array_equal(line.get_ydata(), model.history_[name])
    assert display.best == model.best_epoch_ - 1
    assert display.ax_.get_xlabel() == "epoch"
    assert display.ax_.get_ylabel() == "loss"
    assert_nothing_is_cut(display.figure_)
    _, ax = plt.subplots(layout="constrained")
    again = LearningCurveDisplay.from_estimator(
        make_pipeline("passthrough", model), columns="validation_accuracy", x="seconds", ax=ax
    )
    assert again.ax_ is ax
    assert again.figure_ is ax.figure
    assert ax.get_ylabel() == "validation accuracy"
    assert_nothing_is_cut(ax.figure)
    assert display.plot() is display
    assert display.ax_ is not ax


def test_learning_curve_of_an_exact_model():
    model = LogisticRegression(C=3.0, solver="newton").fit(X, Y)
    display = LearningCurveDisplay.from_estimator(model)
    np.testing.assert_array_equal(display.lines_[0].get_ydata(), model.history_["duality_gap"])
    assert display.ax_.get_yscale() == "log"
    assert_nothing_is_cut(display.figure_)


@pytest.mark.parametrize("settings", [{}, {"l1_ratio": 1.0}, {"C": np.inf}])
def test_history_of_an_exact_model(settings):
    model = LogisticRegression(max_iter=5000, **settings).fit(np.vstack([X.toarray(), -X.toarray()]), np.r_[Y, Y])
    history = pd.DataFrame(model.history_)
    assert history["iteration"].iloc[-1] <= model.n_iter_[0]
    assert history["seconds"].is_monotonic_increasing
    assert history["objective"].iloc[-1] == pytest.approx(model.objective_, rel=1e-9)
    if "C" in settings:
        assert "duality_gap" not in history
    else:
        assert history["duality_gap"].iloc[-1] == pytest.approx(model.duality_gap_)
        assert (history["objective"] >= history["dual_objective"]).all()
    CV = LogisticRegressionCV(Cs=[1.0], cv=2).fit(X, Y)
    assert CV.history_["duality_gap"][-1] == pytest.approx(CV.duality_gap_)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_top_features(n_classes):
    y = np.array(["a $class", "b", "c"])[random_labels(60, n_classes)]
    model = SGDClassifier(random_state=0, max_iter=5).fit(X, y)
    display = TopFeaturesDisplay.from_estimator(model, WORDS, n_features=4)
    coef = np.vstack([-model.coef_, model.coef_]) if n_classes == 2 else model.coef_
    assert len(display.ax_) == n_classes
    for k in range(n_classes):
        order = np.argsort(-coef[k])[:4]
        assert display.names[k] == [WORDS[f] for f in order]
        np.testing.assert_array_equal([bar.get_width() for bar in display.bars_[k]], coef[k][order])
        assert [label.get_text() for label in display.ax_[k].get_yticklabels()] == display.names[k]
    assert_nothing_is_cut(display.figure_)
    some = TopFeaturesDisplay.from_estimator(model.sparsify(), WORDS, classes=["b"], n_features=40)
    assert some.names[0] == [WORDS[f] for f in np.argsort(-coef[1]) if coef[1][f] > 0]
    assert_nothing_is_cut(some.figure_)
    _, axes = plt.subplots(1, n_classes)
    assert TopFeaturesDisplay.from_estimator(model, WORDS, ax=axes).figure_ is axes[0].figure


def test_names_of_features():
    texts, y = ["good film", "bad film", "good plot", "bad plot"] * 3, np.array([1, 0, 1, 0] * 3)
    vectorizer = CountVectorizer()
    pipeline = make_pipeline(vectorizer, SGDClassifier(random_state=0, max_iter=20)).fit(texts, y)
    expected = [["bad"], ["good"]]
    for display in (
        TopFeaturesDisplay.from_estimator(pipeline, n_features=1),
        TopFeaturesDisplay.from_estimator(pipeline[-1], vectorizer, n_features=1),
        TopFeaturesDisplay.from_estimator(pipeline[-1], vectorizer.get_feature_names_out(), n_features=1),
    ):
        assert display.names == expected
    frame = pd.DataFrame(vectorizer.transform(texts).toarray(), columns=vectorizer.get_feature_names_out())
    model = SGDClassifier(random_state=0, max_iter=20).fit(frame, y)
    assert TopFeaturesDisplay.from_estimator(model, n_features=1).names == expected
    numbered = TopFeaturesDisplay.from_estimator(pipeline[-1], n_features=1)
    assert numbered.names == [["feature 0"], ["feature 2"]]


def test_odd_names_are_readable():
    names = ["a$b", "$x^{", "\\frac$", "the quick brown fox jumps over the lazy dog", *WORDS[:36]]
    model = SGDClassifier(random_state=0, max_iter=1).fit(
        np.eye(40), ["$cls", "a rather long name of a class, this"] * 20
    )
    display = TopFeaturesDisplay.from_estimator(model, names, n_features=20)
    assert_nothing_is_cut(display.figure_)
    shown = {label.get_text() for ax in display.ax_ for label in ax.get_yticklabels()}
    assert "the quick brown fox jumps ove…" in shown
    assert r"a\$b" in shown


@pytest.mark.parametrize("n_classes", [2, 3])
def test_regularization_paths(n_classes):
    y = random_labels(60, n_classes)
    Cs = [10.0, 0.1, np.inf, 1.0]
    path = regularization_path(X, y, Cs, l1_ratio=0.5, max_iter=5000)
    display = RegularizationPathDisplay.from_path(path, WORDS, n_features=5)
    order = [1, 3, 0]
    shown = path.coefs[order]
    expected = shown[:, 0] if n_classes == 2 else np.sqrt((shown**2).sum(axis=1))
    assert len(display.lines_) == 5
    for line in display.lines_:
        np.testing.assert_array_equal(line.get_xdata(), [0.1, 1.0, 10.0])
        np.testing.assert_allclose(line.get_ydata(), expected[:, WORDS.index(line.get_label())])
    greatest = np.abs(expected).max(axis=0)
    least = min(greatest[WORDS.index(name)] for name in display.names)
    assert (greatest > least).sum() <= 4
    assert_nothing_is_cut(display.figure_)
    one = RegularizationPathDisplay.from_path(path, label=0, n_features=30)
    f = int(one.lines_[0].get_label().split()[1])
    np.testing.assert_allclose(one.lines_[0].get_ydata(), (-1 if n_classes == 2 else 1) * shown[:, 0, f])
    assert_nothing_is_cut(one.figure_)


@pytest.mark.parametrize("fit_intercept", [False, True])
def test_regularization_path_of_a_cross_validation(fit_intercept):
    model = LogisticRegressionCV(Cs=[0.1, 1.0, 10.0], l1_ratios=[0.0, 1.0], cv=2, fit_intercept=fit_intercept)
    model.fit(X, Y > 0)
    display = RegularizationPathDisplay.from_estimator(model, WORDS, n_features=40)
    assert display.C == model.C_
    at_ratio = [0.0, 1.0].index(model.l1_ratio_)
    mean = model.coefs_paths_[:, at_ratio, :, 0, :40].mean(axis=0)
    for line in display.lines_:
        np.testing.assert_allclose(line.get_ydata(), mean[:, WORDS.index(line.get_label())])
    assert_nothing_is_cut(display.figure_)


def test_what_displays_refuse():
    model = SGDClassifier(random_state=0, max_iter=1).fit(X, Y)
    many = SGDClassifier(random_state=0, max_iter=1).fit(X, np.arange(60) % 21)
    stream = SGDClassifier().partial_fit(X, Y, classes=[0, 1, 2])
    path = regularization_path(X, Y > 0, [1.0])
    for call, message in (
        (lambda: LearningCurveDisplay.from_estimator(stream), "has no history_"),
        (lambda: LearningCurveDisplay.from_estimator(model, columns=["lossy"]), r"no columns \['lossy'\]"),
        (lambda: LearningCurveDisplay.from_estimator(model, x="day"), r"no columns \['day'\]"),
        (lambda: TopFeaturesDisplay.from_estimator(model, WORDS[:-1]), "40 names"),
        (lambda: TopFeaturesDisplay.from_estimator(many), "21 classes, but a figure shows at most 20"),
        (lambda: TopFeaturesDisplay.from_estimator(model, classes=[5]), "5 is not one of the classes"),
        (lambda: TopFeaturesDisplay.from_estimator(model, n_features=0), "n_features must be"),
        (lambda: TopFeaturesDisplay.from_estimator(model, ax=plt.gca()), "ax must hold 3 Axes"),
        (lambda: RegularizationPathDisplay.from_estimator(model), "has no path of models"),
        (lambda: RegularizationPathDisplay.from_path(path, WORDS[:3]), "40 names"),
        (lambda: RegularizationPathDisplay.from_path(path, label="x"), "'x' is not one of"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(NotFittedError):
        TopFeaturesDisplay.from_estimator(SGDClassifier())
