"""The parameters of a `TextClassifier`: which values there may be."""

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fastlr.text_classifier import TextClassifier


def check_parameters(classifier: TextClassifier) -> None:
    """Refuse values that no training can do with.

    Raises
    ------
    ValueError
        If a parameter is out of range.
    """
    for name, least, most in (("ngrams", 1, 10), ("n_features", 1, 2**31), ("random_state", 0, 2**63)):
        value = getattr(classifier, name)
        if not isinstance(value, Integral) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"{name} must be an integer between {least} and {most}; got {value!r}.")
    for name in ("max_iter", "n_threads", "memory"):
        value = getattr(classifier, name)
        if value is not None and (not isinstance(value, Integral) or isinstance(value, bool) or value < 1):
            raise ValueError(f"{name} must be None or an integer, 1 or more; got {value!r}.")
    for name, top in (("validation_fraction", 1.0), ("l1_ratio", np.nextafter(1.0, 2.0))):
        value = getattr(classifier, name)
        if not isinstance(value, Real) or not 0.0 <= value < top:
            raise ValueError(f"{name} must be a number, 0 or more and less than 1; got {value!r}.")
    alpha, C = classifier.alpha, classifier.C
    if alpha != "auto" and not (isinstance(alpha, Real) and 0.0 <= alpha < np.inf):
        raise ValueError(f"alpha must be 'auto' or a number, 0 or more; got {alpha!r}.")
    if C is not None and not (isinstance(C, Real) and 0.0 < C < np.inf and alpha == "auto"):
        raise ValueError(f"C must be None or a number above 0, with alpha='auto'; got {C!r}.")
    for name, accepted in (
        ("penalty", ("l2", "l1", "elasticnet", None)),
        ("optimizer", ("sgd", "adagrad", "ftrl")),
    ):
        if getattr(classifier, name) not in accepted:
            raise ValueError(
                f"{name} must be one of {', '.join(map(repr, accepted))}; got {getattr(classifier, name)!r}."
            )
