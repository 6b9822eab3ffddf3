"""The estimators of fastlr on a Dask cluster: ``pip install 'fastlr[dask]'``.

Rows stay in the partitions that the workers have. See the guide on training on a Dask cluster.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

try:
    import distributed  # noqa: F401 - the message below, rather than one from an import further down
except ImportError as error:
    raise ImportError(f"fastlr.dask needs more packages: pip install 'fastlr[dask]' ({error})") from error

if TYPE_CHECKING:
    from fastlr.dask.duality_gap import duality_gap
    from fastlr.dask.logistic_regression import LogisticRegression
    from fastlr.dask.logistic_regression_cv import LogisticRegressionCV
    from fastlr.dask.sgd_classifier import SGDClassifier
    from fastlr.dask.text_classifier import TextClassifier

__all__ = ["LogisticRegression", "LogisticRegressionCV", "SGDClassifier", "TextClassifier", "duality_gap"]

_HOMES = {
    "LogisticRegression": "fastlr.dask.logistic_regression",
    "LogisticRegressionCV": "fastlr.dask.logistic_regression_cv",
    "SGDClassifier": "fastlr.dask.sgd_classifier",
    "TextClassifier": "fastlr.dask.text_classifier",
    "duality_gap": "fastlr.dask.duality_gap",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'fastlr.dask' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
