"""Learning-rate schedules: values computed by hand, and the same steps as the NumPy reference takes."""

import copy
import pickle

import numpy as np
import pytest
from helpers import assert_close, random_labels, random_rows
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import SGDClassifier as Peer

from fastlr import SGDClassifier, schedules
from fastlr.schedules import (
    Constant,
    ExponentialDecay,
    FunctionOfStep,
    InverseScaling,
    LinearDecay,
    Lipschitz,
    Optimal,
    PolynomialDecay,
    StepDecay,
    StreamDecay,
)

pytestmark = pytest.mark.filterwarnings("ignore:Training stopped")

BY_HAND = [
    (Constant(0.3), [0.3] * 6),
    (InverseScaling(2.0, 1.0), [2, 1, 2 / 3, 0.5, 0.4, 1 / 3]),
    (Optimal(0.0001), [10.0 / (1 + t / 1000) for t in range(6)]),
    (LinearDecay(3.0, 3), [3, 2, 1, 0, 0, 0]),
    (PolynomialDecay(4.0, 2.0, 4), [4, 2.25, 1, 0.25, 0, 0]),
    (PolynomialDecay(4.0, 0.0, 4), [4, 4, 4, 4, 0, 0]),
    (StepDecay(1.0, 0.5, (1, 2.5), 2), [1, 1, 0.5, 0.5, 0.5, 0.25]),
    (ExponentialDecay(8.0, 0.25, 2), [8, 4, 2, 1, 0.5, 0.25]),
    (Lipschitz(5.0), [0.2] * 6),
    (StreamDecay(1.0), [(1 + t / 3000) ** -0.75 for t in range(6)]),
    (FunctionOfStep(lambda t: t * t), [0, 1, 4, 9, 16, 25]),
]


@pytest.mark.parametrize(("schedule", "expected"), BY_HAND, ids=lambda case: type(case).__name__)
def test_values_by_hand(schedule, expected):
    np.testing.assert_allclose(schedule.rates(0, 6), expected, rtol=1e-12)
    assert schedule.rates(0, 6).dtype == np.float64


@given(which=st.integers(0, len(BY_HAND) - 1), first=st.integers(0, 50), n=st.integers(1, 30), cut=st.integers(0, 30))
def test_a_rate_does_not_depend_on_the_slice(which, first, n, cut):
    schedule, cut = BY_HAND[which][0], min(cut, n)
    parts = np.r_[schedule.rates(first, cut), schedule.rates(first + cut, n - cut)]
    np.testing.assert_array_equal(parts, schedule.rates(first, n))


CHOICES = {
    "step": {"learning_rate": "step"},
    "exponential": {"learning_rate": "exponential", "eta0": 0.3},
    "linear": {"learning_rate": "linear", "eta0": 0.3},
    "polynomial": {"learning_rate": "polynomial", "power_t": 2.0},
    "lipschitz": {"learning_rate": "lipschitz"},
    "an object": {"learning_rate": StepDecay(0.5, 0.3, (0.5, 1, 2))},
    "a function": {"learning_rate": lambda t: 0.5 / (1 + t) ** 0.3},
}


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("batch_size", [1, 7, "full"])
def test_fit_equals_the_naive_path(compiled, choice, n_classes, batch_size):
    X, y = random_rows(), random_labels(60, n_classes)
    weights = np.random.default_rng(1).exponential(size=60) * (np.arange(60) % 5 != 0)
    one, other = (
        SGDClassifier(
            penalty="elasticnet", alpha=0.01, batch_size=batch_size, max_iter=4, random_state=0, backend=name,
            **CHOICES[choice],
        ).fit(X, y, sample_weight=weights)
        for name in (compiled, "numpy")
    )  # fmt: skip
    assert_close(one.coef_, other.coef_)
    assert_close(one.intercept_, other.intercept_)
    assert np.abs(one.coef_).max() > 0


# What a name means, as an object with everything filled in: 60 rows in steps of 10, 8 epochs.
NAMES = {
    "constant": Constant(0.2),
    "step": StepDecay(0.2, 0.1, (4, 6), 6),
    "exponential": FunctionOfStep(lambda t: 0.2 * 0.01 ** (t / 48)),
    "linear": LinearDecay(0.2, 48),
    "polynomial": PolynomialDecay(0.2, 1.5, 48),
    "invscaling": InverseScaling(0.2, 1.5),
    "optimal": Optimal(0.01),
}


@pytest.mark.parametrize("name", NAMES)
def test_names_and_objects_agree(backend, name):
    X, y = random_rows(), random_labels(60, 3)
    common = {"alpha": 0.01, "batch_size": 10, "max_iter": 8, "random_state": 0, "backend": backend}
    one = SGDClassifier(learning_rate=name, eta0=0.2, power_t=1.5, **common).fit(X, y)
    other = SGDClassifier(learning_rate=NAMES[name], **common).fit(X, y)
    assert_close(one.coef_, other.coef_)
    # open fields are filled in
    opened = {"linear": LinearDecay(0.2), "step": StepDecay(0.2), "polynomial": PolynomialDecay(0.2, 1.5)}
    if name in opened:
        np.testing.assert_array_equal(SGDClassifier(learning_rate=opened[name], **common).fit(X, y).coef_, one.coef_)


@pytest.mark.parametrize(
    "setting",
    [
        {"learning_rate": "constant", "eta0": 0.1},
        {"learning_rate": "invscaling", "eta0": 0.5, "power_t": 0.25},
        {"learning_rate": "optimal"},
    ],
    ids=lambda setting: setting["learning_rate"],
)
def test_scikit_learns_names_mean_the_same(backend, setting):
    """One pass over dense rows; scikit-learn takes the L2 step before the gradient's, which is of second order here."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 5)), rng.integers(0, 2, 40)
    common = {"alpha": 1e-5, "max_iter": 1, "tol": None, "shuffle": False, **setting}
    peer = Peer(loss="log_loss", **common).fit(X, y)
    model = SGDClassifier(backend=backend, **common).fit(X, y)
    np.testing.assert_allclose(model.coef_, peer.coef_, atol=1e-3 * np.abs(peer.coef_).max())


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("batch_size", [1, 5, "full"])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_the_lipschitz_step_lowers_the_loss_of_its_own_rows(backend, n_classes, batch_size, fit_intercept):
    X, y = random_rows(), random_labels(60, n_classes)
    weights = np.random.default_rng(1).exponential(size=60)
    size = 60 if batch_size == "full" else batch_size
    model = SGDClassifier(
        penalty=None, learning_rate="lipschitz", batch_size=batch_size, fit_intercept=fit_intercept, shuffle=False,
        backend=backend,
    ).partial_fit(X, y, classes=range(n_classes), sample_weight=weights)  # fmt: skip

    def loss(rows):
        logs = model.predict_log_proba(X[rows])
        return -(weights[rows] * logs[np.arange(len(logs)), y[rows]]).sum()

    for start in range(0, 60, size):
        rows = slice(start, start + size)
        before = loss(rows)
        # The same rate: no row is longer than the longest seen already.
        model.partial_fit(X[rows], y[rows], sample_weight=weights[rows])
        assert loss(rows) <= before


def test_the_lipschitz_constant_by_hand(backend):
    X, s = np.array([[3.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), np.array([1.0, 20.0, 2.0])
    rows = {"fit_intercept": False, "penalty": None, "learning_rate": "lipschitz", "backend": backend}
    for batch_size, largest in ((1, 20.0), ("full", 33.0 / 23.0)):
        model = SGDClassifier(batch_size=batch_size, shuffle=False, **rows)
        model.partial_fit(X, [1, 1, 0], classes=[0, 1], sample_weight=s)
        expected = SGDClassifier(
            batch_size=batch_size, shuffle=False, **{**rows, "learning_rate": "constant"}, eta0=4.0 / largest
        ).partial_fit(X, [1, 1, 0], classes=[0, 1], sample_weight=s)
        np.testing.assert_allclose(model.coef_, expected.coef_, rtol=1e-12)


def test_schedules_are_free_of_scale(backend):
    X, y = random_rows(), random_labels(60, 3)
    for schedule in ("step", "exponential", "polynomial", "lipschitz", StepDecay(epochs=[1]), InverseScaling()):
        one, other = (
            SGDClassifier(learning_rate=schedule, max_iter=3, random_state=0, backend=backend).fit(c * X, y)
            for c in (1.0, 1000.0)
        )
        np.testing.assert_allclose(other.predict_proba(1000 * X), one.predict_proba(X), rtol=1e-7)


def test_streams(backend):
    """What needs no number of steps works; what does is refused before anything changes, unless told."""
    X, y = random_rows(), random_labels(60, 2)
    for schedule in ("constant", "invscaling", "lipschitz", "optimal", ExponentialDecay(0.1, steps_per_epoch=60)):
        model = SGDClassifier(learning_rate=schedule, backend=backend).partial_fit(X, y, classes=[0, 1])
        assert model.t_ == 60
    for schedule, missing in (
        ("step", "steps_per_epoch|epochs"),
        ("exponential", "steps_per_epoch"),
        ("linear", "n_steps"),
        ("polynomial", "n_steps"),
        (StepDecay(epochs=(1,)), "steps_per_epoch"),
    ):
        model = SGDClassifier(learning_rate=schedule, backend=backend)
        with pytest.raises(ValueError, match=f"needs ({missing}), which partial_fit cannot know"):
            model.partial_fit(X, y, classes=[0, 1])
        assert not hasattr(model, "classes_")


def test_the_last_rows_of_a_stream_do_not_move_the_intercept_far(backend):
    """From zero weights one step is ``eta / 2``, of which the intercept makes 0.03 in a stream."""
    for c in (1.0, 1000.0):
        X = c * np.array([[0.6, 0.8], [0.6, 0.8]])
        model = SGDClassifier(penalty=None, backend=backend).partial_fit(X[:1], [1], classes=[0, 1])
        np.testing.assert_allclose(model.coef_ * c, [[0.6 * 1.6, 0.8 * 1.6]], rtol=1e-12)
        np.testing.assert_allclose(model.intercept_, [0.03 * 1.6], rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Constant(0.0), "eta0 must be a finite number above 0, or 'auto'; got 0.0"),
        (lambda: Constant("fast"), "eta0 must be .*; got 'fast'"),
        (lambda: InverseScaling(1.0, -1.0), "power_t must be a finite number, 0 or more; got -1.0"),
        (lambda: Optimal(float("nan")), "alpha must be a finite number above 0, or None; got nan"),
        (lambda: LinearDecay(1.0, 0), "n_steps must be an integer, 1 or more, or None; got 0"),
        (lambda: PolynomialDecay(power="2"), "power must be .*; got '2'"),
        (lambda: StepDecay(factor=0.0), "factor must be a finite number above 0; got 0.0"),
        (lambda: StepDecay(epochs=(2, 1)), "epochs must be an increasing sequence of numbers above 0, or None; got 1"),
        (lambda: StepDecay(epochs=3), "epochs must be .*; got 3"),
        (lambda: ExponentialDecay(steps_per_epoch=True), "steps_per_epoch must be .*; got True"),
        (lambda: Lipschitz(0.0), "lipschitz must be a finite number above 0, or None; got 0.0"),
    ],
)
def test_bad_fields_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_bad_rates_are_refused(backend):
    X, y = random_rows(), random_labels(60, 2)
    for bad, message in (
        (lambda t: -1.0 if t == 70 else 0.1, "returned -1.0 for step 70"),
        (lambda t: float("nan"), "returned nan for step 0"),
        (type("Mine", (), {"rates": lambda self, first, n: np.ones(n + 1)})(), "its result has shape"),
    ):
        model = SGDClassifier(learning_rate=bad, max_iter=2, backend=backend)
        with pytest.raises(ValueError, match=message):
            model.fit(X, y)
        assert not hasattr(model, "coef_")


def test_contradictions_are_refused(backend):
    X, y = random_rows(), random_labels(60, 2)
    for setting, message in (
        ({"learning_rate": Constant(0.1), "eta0": 0.2}, "eta0=0.2 has no effect"),
        ({"learning_rate": "lipschitz", "eta0": 0.2}, "eta0=0.2 has no effect"),
        ({"learning_rate": Optimal(), "penalty": None}, "needs a penalty and alpha > 0"),
        ({"learning_rate": "pa1"}, "'learning_rate' parameter of SGDClassifier must be a str among"),
        ({"learning_rate": 0.1}, "'learning_rate' parameter of SGDClassifier must be a str among .* or a callable"),
    ):
        with pytest.raises(ValueError, match=message):
            SGDClassifier(backend=backend, **setting).fit(X, y)


def test_objects_are_parameters_like_any_other():
    schedule = StepDecay(0.5, 0.3, (1, 2))
    model = clone(SGDClassifier(learning_rate=schedule))
    assert model.learning_rate == schedule
    assert pickle.loads(pickle.dumps(schedule)) == copy.deepcopy(schedule) == schedule


def test_every_name_is_documented():
    for name in schedules.NAMED:
        assert f'"{name}"' in SGDClassifier.__doc__


def test_many_classes_have_a_larger_automatic_rate(backend):
    """By the square root beyond 20 of them, and at most 4 times; a step from zero shows it."""
    for n_classes, gain in ((20, 1.0), (45, 1.5), (400, 4.0)):
        model = SGDClassifier(learning_rate="constant", penalty=None, fit_intercept=False, backend=backend)
        model.partial_fit([[2.0]], [3], classes=np.arange(n_classes))
        np.testing.assert_allclose(model.coef_[3], 0.8 * gain / 4.0 * 2.0 * (1.0 - 1.0 / n_classes), rtol=1e-12)
