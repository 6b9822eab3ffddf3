"""Names of modules and classes as pickles of 0.1.0 before its packages have them.

A pickle names a class by its module. Classes that have moved since are found under their old names too: each old module
is an entry of `sys.modules` that looks the class up in its new place when a pickle asks for it.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

TYPE_CHECKING = False  # importing `typing` would be most of the time that `import fastlr` takes
if TYPE_CHECKING:
    from typing import Any

# (old module, old name): (new module, new name)
MOVED = {
    ("fastlr.certificate", "DualityGap"): ("fastlr.objective.duality", "DualityGap"),
    ("fastlr.columns", "Columns"): ("fastlr.text.column_selection", "Columns"),
    ("fastlr.cross_validation", "LogisticRegressionCV"): (
        "fastlr.linear_model.logistic_regression_cv",
        "LogisticRegressionCV",
    ),
    ("fastlr.logistic_regression", "LogisticRegression"): (
        "fastlr.linear_model.logistic_regression",
        "LogisticRegression",
    ),
    ("fastlr.path", "RegularizationPath"): ("fastlr.linear_model.regularization_path", "RegularizationPath"),
    ("fastlr.reading.known", "KnownColumns"): ("fastlr.text.known_columns", "KnownColumns"),
    ("fastlr.scale", "RowScale"): ("fastlr.data.row_scale", "RowScale"),
    ("fastlr.solvers", "Kind"): ("fastlr.solvers.stochastic.spec", "OptimizerConfig"),
    ("fastlr.solvers.adaptive", "AdaptiveSteps"): ("fastlr.solvers.stochastic.adaptive", "AdaptiveSGD"),
    ("fastlr.solvers.lazy", "LazySteps"): ("fastlr.solvers.stochastic.sgd", "LazySGD"),
    ("fastlr.solvers.naive", "NaiveAdaptiveSteps"): ("fastlr.solvers.stochastic.reference", "ReferenceAdaptive"),
    ("fastlr.solvers.naive", "NaiveSteps"): ("fastlr.solvers.stochastic.reference", "ReferenceSGD"),
    ("fastlr.solvers.pace", "Pace"): ("fastlr.utils.time_slices", "TimeSlices"),
    ("fastlr.text_classifier", "NotFittedError"): ("fastlr.text.classifier", "NotFittedError"),
    ("fastlr.text_classifier", "TextClassifier"): ("fastlr.text.classifier", "TextClassifier"),
    ("fastlr.text_pipeline", "TextRows"): ("fastlr.text.sklearn_pipeline", "TextRows"),
    ("fastlr.text_predictor", "LinearModel"): ("fastlr.text.predictor", "TextPredictor"),
}


def find_moved(module: str, name: str) -> Any:
    """Return what pickles know as ``name`` of ``module``.

    Raises
    ------
    AttributeError
        If it is not in `MOVED`.
    """
    if (module, name) not in MOVED:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    new_module, new_name = MOVED[module, name]
    return getattr(importlib.import_module(new_module), new_name)


class MovedModule(ModuleType):
    """A module of which only the classes in `MOVED` are left, each in another place."""

    def __getattr__(self, name: str) -> Any:
        return find_moved(self.__name__, name)


def install() -> None:
    """Make every old module of `MOVED` importable that does not exist any more."""
    for module, _ in MOVED:
        if module != "fastlr.solvers":  # still a package, which looks up its own old names
            sys.modules[module] = MovedModule(module)
