"""Linear classifiers: `SGDClassifier`, `LogisticRegression` and its cross-validated form, paths and duality gaps."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastlr.linear_model.logistic_regression import LogisticRegression
    from fastlr.linear_model.logistic_regression_cv import LogisticRegressionCV
    from fastlr.linear_model.sgd_classifier import SGDClassifier

__all__ = ["LogisticRegression", "LogisticRegressionCV", "SGDClassifier"]

# Imported at first use: `fastlr.linear_model.base` must not import scikit-learn's model selection.
_HOMES = {
    "LogisticRegression": "fastlr.linear_model.logistic_regression",
    "LogisticRegressionCV": "fastlr.linear_model.logistic_regression_cv",
    "SGDClassifier": "fastlr.linear_model.sgd_classifier",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'fastlr.linear_model' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
