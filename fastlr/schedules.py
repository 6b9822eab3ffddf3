"""Learning-rate schedules: functions of the number of the step.

Pass an instance as ``SGDClassifier(learning_rate=...)``, or an object of your own with the same method,
``rates(first, n)``: it returns the rates of steps ``first`` to ``first + n - 1``, counted from 0, as a float64 array.
Fields left at ``"auto"`` or None are filled in by `fit`, because they depend on the data.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np

from fastlr.utils.elementary import exp, integer_power, log, power

_Value = TypeVar("_Value")


@runtime_checkable
class Schedule(Protocol):
    """An object with a method ``rates``."""

    def rates(self, first: int, n: int) -> np.ndarray:
        """Return the rates of steps ``first`` to ``first + n - 1``, counted from 0."""


def filled(schedule: Schedule, **known: Any) -> Schedule:
    """Return the schedule with its open fields filled in.

    Parameters
    ----------
    schedule : Schedule
        Returned unchanged if no field is open.
    **known
        Values by the names of fields: ``eta0``, ``alpha``, ``n_steps``, ``steps_per_epoch``, ... None means unknown.

    Returns
    -------
    Schedule

    Raises
    ------
    ValueError
        If the value of an open field is unknown.
    """
    if not dataclasses.is_dataclass(schedule):
        return schedule
    values = {}
    for field in dataclasses.fields(schedule):
        if field.name in known and getattr(schedule, field.name) in ("auto", None):
            if known[field.name] is None:
                raise ValueError(
                    f"learning_rate={schedule!r} needs {field.name}, which partial_fit cannot know: pass "
                    f"fastlr.schedules.{type(schedule).__name__}(..., {field.name}=...), or choose another schedule."
                )
            values[field.name] = known[field.name]
    return dataclasses.replace(schedule, **values) if values else schedule


def checked_rates(schedule: Schedule, first: int, n: int) -> np.ndarray:
    """Return ``schedule.rates(first, n)`` as float64, checked.

    Parameters
    ----------
    schedule : Schedule
    first, n : int

    Returns
    -------
    ndarray of shape (n,)

    Raises
    ------
    ValueError
        If it is not an array of ``n`` finite numbers, 0 or more.
    """
    rates = np.asarray(schedule.rates(first, n), dtype=np.float64)
    if rates.shape != (n,):
        raise ValueError(
            f"learning_rate.rates({first}, {n}) must return {n} numbers; its result has shape {rates.shape}."
        )
    wrong = ~((rates >= 0.0) & (rates < np.inf))
    if wrong.any():
        i = int(wrong.argmax())
        raise ValueError(f"learning_rate returned {rates[i]} for step {first + i}; rates must be finite, 0 or more.")
    return rates


def _known(value: _Value | str | None, name: str) -> _Value:
    """Return the value of a field, which may have been left open."""
    if value is None or isinstance(value, str):
        raise TypeError(f"The schedule's {name} is {value!r}: it is filled in by fit.")
    return value


def _check(name: str, value: Any, wanted: str, types: type | tuple[type, ...], holds: Callable[[Any], bool]) -> None:
    if not isinstance(value, types) or isinstance(value, bool) or not holds(value):
        raise ValueError(f"{name} must be {wanted}; got {value!r}.")


def _check_rate(eta0: Any) -> None:
    if not (isinstance(eta0, str) and eta0 == "auto"):
        _check("eta0", eta0, "a finite number above 0, or 'auto'", Real, lambda v: 0.0 < v < np.inf)


def _check_count(name: str, value: Any) -> None:
    if value is not None:
        _check(name, value, "an integer, 1 or more, or None", Integral, lambda v: v >= 1)


def _check_exponent(name: str, value: Any) -> None:
    _check(name, value, "a finite number, 0 or more", Real, lambda v: 0.0 <= v < np.inf)


@dataclass(frozen=True)
class Constant:
    """``eta = eta0``.

    Parameters
    ----------
    eta0 : float or "auto", default="auto"
        The first rate, above 0; "auto" means one computed from the data by `fit`.

    Examples
    --------
    >>> from fastlr.schedules import Constant
    >>> Constant(0.1).rates(7, 2)
    array([0.1, 0.1])
    """

    eta0: float | str = "auto"

    def __post_init__(self) -> None:
        _check_rate(self.eta0)

    def rates(self, first: int, n: int) -> np.ndarray:
        """Return the rates of steps ``first`` to ``first + n - 1``."""
        return np.full(n, _known(self.eta0, "eta0"))


@dataclass(frozen=True)
class InverseScaling:
    """``eta = eta0 / (t + 1) ** power_t`` for step ``t`` = 0, 1, ...

    Parameters
    ----------
    eta0 : float or "auto", default="auto"
        The first rate, above 0; "auto" means one computed from the data by `fit`.
    power_t : float, default=0.5
        Exponent, 0 or more.

    Examples
    --------
    >>> from fastlr.schedules import InverseScaling
    >>> InverseScaling(1.0, 0.5).rates(0, 4).round(3)
    array([1.   , 0.707, 0.577, 0.5  ])
    """

    eta0: float | str = "auto"
    power_t: float = 0.5

    def __post_init__(self) -> None:
        _check_rate(self.eta0)
        _check_exponent("power_t", self.power_t)

    def rates(self, first: int, n: int) -> np.ndarray:
        """Return the rates of steps ``first`` to ``first + n - 1``."""
        return _known(self.eta0, "eta0") / power(np.arange(first + 1, first + 1 + n), self.power_t)


@dataclass(frozen=True)
class Optimal:
    """``eta = 1 / (alpha * (t0 + t))`` for step ``t`` = 0, 1, ..., with ``t0 = alpha ** -0.75``.

    Bottou (2012), "Stochastic gradient descent tricks". ``t0`` makes the first rate ``alpha ** -0.25``, a typical
    weight under L2 of that strength, as in scikit-learn.

    Parameters
    ----------
    alpha : float, default=None
        Strength of the penalty, above 0. None means that of the model.

    Examples
    --------
    >>> from fastlr.schedules import Optimal
    >>> Optimal(1e-4).rates(0, 2).round(4)
    array([10.  ,  9.99])
    """

    alpha: float | None = None

    def __post_init__(self) -> None:
        if self.alpha is not None:
            _check("alpha", self.alpha, "a finite number above 0, or None", Real, lambda v: 0.0 < v < np.inf)

    def rates(self, first: int, n: int) -> np.ndarray:
        """Return the rates of steps ``first`` to ``first + n - 1``."""
        alpha = _known(self.alpha, "alpha")
        return 1.0 / (alpha * (power(alpha, -0.75) + np.arange(first, first + n, dtype=np.float64)))


@dataclass(frozen=True)
class LinearDecay:
    """``eta = eta0 * (1 - t / n_steps)`` for step ``t`` = 0, 1, ...; 0 from step ``n_steps`` on.

    Parameters
    ----------
    eta0 : float or "auto", default="auto"
        The first rate, above 0; "auto" means one computed from the data by `fit`.
    n_steps : int, default=None
        None means the number of steps planned by `fit`.

    Examples
    --------
    >>> from fastlr.schedules import LinearDecay
    >>> LinearDecay(1.0, 4).rates(0, 4)
    array([1.  , 0.75, 0.5 , 0.25])
    """

    eta0: float | str = "auto"
    n_steps: int | None = None

    def __post_init__(self) -> None:
        _check_rate(self.eta0)
        _check_count("n_steps", self.n_steps)

    def rates(self, first: int, n: int) -> np.ndarray:
        """Return the rates of steps ``first`` to ``first + n - 1``."""
        eta0, n_steps = _known(self.eta0, "eta0"), _known(self.n_steps, "n_steps")
        return eta0 * np.maximum(1.0 - np.arange(first, first + n) / n_steps, 0.0)


@dataclass(frozen=True)
class LinearRestarts:
    """``eta = eta0 * (1 - t / n_steps)``, started again from ``eta0`` every ``n_steps`` steps; 0 from ``total`` on.

    For trainings whose end is not planned: at the end of each period the weights are as good as if training had been
    planned to end there. The last period has the rest of ``total`` steps. (Loshchilov and Hutter 2017, "SGDR:
    stochastic gradient descent with warm restarts"; the periods here are linear and of equal length.)

    Parameters
    ----------
    eta0 : float or "auto", default="auto"
        The first rate, above 0; "auto" means one computed from the data by `fit`.
    n_steps : int, default=None
        Steps per period. None means those of ``n_iter_no_change`` epochs.
    total : int, default=None
        None means the largest possible number of steps.

    Examples
    --------
    >>> from fastlr.schedules import LinearRestarts
    >>> LinearRestarts(1.0, 4, 6).rates(0, 7)
    array([1.  , 0.75, 0.5 , 0.25, 1.  , 0.5 , 0.  ])
    """

    eta0: float | str = "auto"
    n_steps: int | None = None
    total: int | None = None

    def __post_init__(self) -> None:
        _check_rate(self.eta0)
        _check_count("n_steps", self.n_steps)
        _check_count("total", self.total)

    def rates(self, first: int, n: int) -> np.ndarray:
        """Return the rates of steps ``first`` to ``first + n - 1``."""
        eta0, n_steps, total = _known(self.eta0, "eta0"), _known(self.n_steps, "n_steps"), _known(self.total, "total")
        steps = np.arange(first, first + n)
        begun = steps - steps % n_steps
        fallen = (steps - begun) / np.maximum(np.minimum(n_steps, total - begun), 1)
        return np.where(steps < total, eta0 * (1.0 - fallen), 0.0)


@dataclass(frozen=True)
class StreamDecay:
    """``eta = eta0 / (1 + t / 3000) ** 0.75`` for step ``t`` = 0, 1, ...: for streams of unknown length.

    The rate never falls to zero, and every row moves the intercept, so the intercept has 0.03 times the rate that it
    has under another schedule: otherwise its noise would affect all predictions.

    Parameters
    ----------
    eta0 : float or "auto", default="auto"
        The first rate, above 0; "auto" means one computed from the data by `fit`.

    Examples
    --------
    >>> from fastlr.schedules import StreamDecay
    >>> StreamDecay(1.0).rates(45_000, 1)
    array([0.125])
    """

    eta0: float | str = "auto"

    def __post_init__(self) -> None:
        _check_rate(self.eta0)

    def rates(self, first: int, n: int) -> np.ndarray:
        """Return the rates of steps ``first`` to ``first + n - 1``."""
        return _known(self.eta0, "eta0") / power(1.0 + np.arange(first, first + n) / 3000.0, 0.75)


@dataclass(frozen=True)
class StepDecay:
    """``eta = eta0 * factor ** k`` after ``k`` of the given epochs: piecewise constant.

    Parameters
    ----------
    eta0 : float or "auto", default="auto"
        The first rate, above 0; "auto" means one computed from the data by `fit`.
    factor : float, default=0.1
        Above 0.
    epochs : tuple of numbers, default=None
        The rate drops after each of these numbers of epochs, in increasing order; fractions are allowed. None means
        half and three quarters of the planned epochs.
    steps_per_epoch : int, default=None
        None means the number of steps per epoch in `fit`.

    Examples
    --------
    >>> from fastlr.schedules import StepDecay
    >>> StepDecay(1.0, factor=0.5, epochs=(1, 2), steps_per_epoch=2).rates(0, 6)
    array([1.  , 1.  , 0.5 , 0.5 , 0.25, 0.25])
    """

    eta0: float | str = "auto"
    factor: float = 0.1
    epochs: tuple[float, ...] | None = None
    steps_per_epoch: int | None = None

    def __post_init__(self) -> None:
        _check_rate(self.eta0)
        _check("factor", self.factor, "a finite number above 0", Real, lambda v: 0.0 < v < np.inf)
        _check_count("steps_per_epoch", self.steps_per_epoch)
        if self.epochs is not None:
            wanted = "an increasing sequence of numbers above 0, or None"
            _check("epochs", self.epochs, wanted, (tuple, list), lambda v: len(v) > 0)
            for before, after in itertools.pairwise((0.0, *self.epochs)):
                _check("epochs", after, wanted, Real, lambda v: v < np.inf)
                if not after > before:
                    raise ValueError(f"epochs must be {wanted}; got {after!r}.")

    def rates(self, first: int, n: int) -> np.ndarray:
        """Return the rates of steps ``first`` to ``first + n - 1``."""
        done = np.arange(first, first + n) / _known(self.steps_per_epoch, "steps_per_epoch")
        n_drops = np.searchsorted(np.asarray(_known(self.epochs, "epochs")), done, side="right")
        return _known(self.eta0, "eta0") * integer_power(self.factor, n_drops)


@dataclass(frozen=True)
class ExponentialDecay:
    """``eta = eta0 * factor ** (t / steps_per_epoch)`` for step ``t`` = 0, 1, ...

    Parameters
    ----------
    eta0 : float or "auto", default="auto"
        The first rate, above 0; "auto" means one computed from the data by `fit`.
    factor : float, default=0.5
        Factor per epoch, above 0.
    steps_per_epoch : int, default=None
        None means the number of steps per epoch in `fit`.

    Examples
    --------
    >>> from fastlr.schedules import ExponentialDecay
    >>> ExponentialDecay(1.0, factor=0.25, steps_per_epoch=2).rates(0, 4)
    array([1.   , 0.5  , 0.25 , 0.125])
    """

    eta0: float | str = "auto"
    factor: float = 0.5
    steps_per_epoch: int | None = None

    def __post_init__(self) -> None:
        _check_rate(self.eta0)
        _check("factor", self.factor, "a finite number above 0", Real, lambda v: 0.0 < v < np.inf)
        _check_count("steps_per_epoch", self.steps_per_epoch)

    def rates(self, first: int, n: int) -> np.ndarray:
        """Return the rates of steps ``first`` to ``first + n - 1``."""
        steps_per_epoch = _known(self.steps_per_epoch, "steps_per_epoch")
        n_epochs = np.arange(first, first + n) / steps_per_epoch
        whole = np.floor(n_epochs)
        part = exp((n_epochs - whole) * log(self.factor))
        return _known(self.eta0, "eta0") * integer_power(self.factor, whole) * part


@dataclass(frozen=True)
class PolynomialDecay:
    """``eta = eta0 * (1 - t / n_steps) ** power`` for step ``t`` = 0, 1, ...; 0 from step ``n_steps`` on.

    Parameters
    ----------
    eta0 : float or "auto", default="auto"
        The first rate, above 0; "auto" means one computed from the data by `fit`.
    power : float, default=1.0
        Exponent, 0 or more; 1 is `LinearDecay`.
    n_steps : int, default=None
        None means the number of steps planned by `fit`.

    Examples
    --------
    >>> from fastlr.schedules import PolynomialDecay
    >>> PolynomialDecay(1.0, power=2.0, n_steps=4).rates(0, 5)
    array([1.    , 0.5625, 0.25  , 0.0625, 0.    ])
    """

    eta0: float | str = "auto"
    power: float = 1.0
    n_steps: int | None = None

    def __post_init__(self) -> None:
        _check_rate(self.eta0)
        _check_exponent("power", self.power)
        _check_count("n_steps", self.n_steps)

    def rates(self, first: int, n: int) -> np.ndarray:
        """Return the rates of steps ``first`` to ``first + n - 1``."""
        left = 1.0 - np.arange(first, first + n) / _known(self.n_steps, "n_steps")
        return np.where(left > 0.0, _known(self.eta0, "eta0") * power(np.maximum(left, 0.0), self.power), 0.0)


@dataclass(frozen=True)
class Lipschitz:
    """``eta = 1 / L``, with an upper bound ``L`` of the curvature of every step's loss.

    The second derivative of the cross-entropy by the scores is at most 1/4 for one output, and its eigenvalues are at
    most 1/2 for softmax, so the curvature of the loss of row ``i`` is at most that times ``s_i * ||x_i||^2``. ``L`` is
    the largest of these bounds over the rows seen so far, or their mean for ``batch_size="full"``. An intercept, whose
    rate is that of a feature of the largest row's norm, doubles it. A gradient step of this length never overshoots: it
    lowers the loss of the rows it is computed from.

    Parameters
    ----------
    lipschitz : float, default=None
        ``L``. None computes it from the data.

    Examples
    --------
    >>> from fastlr.schedules import Lipschitz
    >>> Lipschitz(4.0).rates(0, 2)
    array([0.25, 0.25])
    """

    lipschitz: float | None = None

    def __post_init__(self) -> None:
        if self.lipschitz is not None:
            wanted = "a finite number above 0, or None"
            _check("lipschitz", self.lipschitz, wanted, Real, lambda v: 0.0 < v < np.inf)

    def rates(self, first: int, n: int) -> np.ndarray:
        """Return the rates of steps ``first`` to ``first + n - 1``."""
        return np.full(n, 1.0 / _known(self.lipschitz, "lipschitz"))


@dataclass(frozen=True)
class FunctionOfStep:
    """``eta = function(t)`` for step ``t`` = 0, 1, ...

    Parameters
    ----------
    function : callable
        Takes the number of a step and returns its rate.

    Examples
    --------
    >>> from fastlr.schedules import FunctionOfStep
    >>> FunctionOfStep(lambda t: 1.0 / (2 + t)).rates(2, 2)
    array([0.25, 0.2 ])
    """

    function: Callable[[int], float]

    def rates(self, first: int, n: int) -> np.ndarray:
        """Return the rates of steps ``first`` to ``first + n - 1``."""
        return np.array([self.function(t) for t in range(first, first + n)], dtype=np.float64)


# By name; all fields are filled in by the estimator.
NAMED = {
    "constant": Constant,
    "exponential": ExponentialDecay,
    "invscaling": InverseScaling,
    "linear": LinearDecay,
    "lipschitz": Lipschitz,
    "optimal": Optimal,
    "polynomial": PolynomialDecay,
    "step": StepDecay,
}
