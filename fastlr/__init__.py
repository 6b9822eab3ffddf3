"""Logistic regression on sparse text: exact lazy penalties, true softmax, one kernel source for Numba and Cython."""

from __future__ import annotations

import importlib

from fastlr.persistence import legacy_pickles

TYPE_CHECKING = False  # as `typing` has it, whose import would be most of this one's time
if TYPE_CHECKING:
    from typing import Any

    from fastlr import datasets, text
    from fastlr.compilation import warmup
    from fastlr.files.model import load, save
    from fastlr.files.svmlight import read_svmlight, write_svmlight
    from fastlr.kernels.backend import get_backend, set_backend, use_backend
    from fastlr.linear_model.duality_gap import duality_gap
    from fastlr.linear_model.logistic_regression import LogisticRegression
    from fastlr.linear_model.logistic_regression_cv import LogisticRegressionCV
    from fastlr.linear_model.regularization_path import regularization_path
    from fastlr.linear_model.sgd_classifier import SGDClassifier
    from fastlr.model_selection import train_validation_test_split
    from fastlr.store import StoreWriter, open_store, write_store
    from fastlr.text.classifier import TextClassifier

__version__ = "0.1.0"

legacy_pickles.install()

__all__ = [
    "LogisticRegression",
    "LogisticRegressionCV",
    "SGDClassifier",
    "StoreWriter",
    "TextClassifier",
    "datasets",
    "duality_gap",
    "get_backend",
    "load",
    "open_store",
    "read_svmlight",
    "regularization_path",
    "save",
    "set_backend",
    "text",
    "train_validation_test_split",
    "use_backend",
    "warmup",
    "write_store",
    "write_svmlight",
]

# Imported at first use, so that `import fastlr` costs no more than itself.
_HOMES = {
    "LogisticRegression": "fastlr.linear_model.logistic_regression",
    "LogisticRegressionCV": "fastlr.linear_model.logistic_regression_cv",
    "SGDClassifier": "fastlr.linear_model",
    "StoreWriter": "fastlr.store",
    "TextClassifier": "fastlr.text.classifier",
    "duality_gap": "fastlr.linear_model.duality_gap",
    "get_backend": "fastlr.kernels.backend",
    "load": "fastlr.files.model",
    "open_store": "fastlr.store",
    "read_svmlight": "fastlr.files.svmlight",
    "regularization_path": "fastlr.linear_model.regularization_path",
    "save": "fastlr.files.model",
    "set_backend": "fastlr.kernels.backend",
    "train_validation_test_split": "fastlr.model_selection",
    "use_backend": "fastlr.kernels.backend",
    "warmup": "fastlr.compilation",
    "write_store": "fastlr.store",
    "write_svmlight": "fastlr.files.svmlight",
}


def __getattr__(name: str) -> Any:
    if name in ("datasets", "text"):
        return importlib.import_module(f"fastlr.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'fastlr' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
