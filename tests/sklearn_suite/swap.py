"""scikit-learn's installed tests, run with fastlr's classes in place of its own."""

import builtins
import importlib.util
from pathlib import Path
from types import SimpleNamespace

import pytest
import sklearn
import sklearn.feature_extraction.text
import sklearn.linear_model

import fastlr.text
from fastlr.kernels.backend import resolve_backend

TESTED = "1.9.1"  # the release that the expected failures were found with


def replacements():
    """fastlr's classes by scikit-learn's names for them, and the modules that hold them."""
    found = {}
    for theirs, ours in ((sklearn.linear_model, fastlr), (sklearn.feature_extraction.text, fastlr.text)):
        swapped = {name: getattr(ours, name) for name in set(theirs.__all__) & set(ours.__all__)}
        found |= {f"{theirs.__name__}.{name}": value for name, value in swapped.items()}
        found[theirs.__name__] = SimpleNamespace(**(vars(theirs) | swapped))
    return found


def run_tests_of(name, namespace):
    """Execute the source of scikit-learn's test module `name` in `namespace`, where its imports find fastlr's classes.

    The module is skipped for releases of scikit-learn other than the tested one.
    """
    if sklearn.__version__ != TESTED:
        pytest.skip(f"the expected failures are those of scikit-learn {TESTED}", allow_module_level=True)
    if "linear_model" in name and resolve_backend() == "numpy":
        pytest.skip("the reference takes many minutes for these fits", allow_module_level=True)
    ours = replacements()

    def swapped_import(name, globals=None, locals=None, fromlist=(), level=0):
        module = builtins.__import__(name, globals, locals, fromlist, level)
        if not any(f"{name}.{attribute}" in ours for attribute in fromlist or ()):
            return module
        return SimpleNamespace(**{a: ours.get(f"{name}.{a}") or getattr(module, a) for a in fromlist})

    source = Path(importlib.util.find_spec(name).origin)
    namespace["__builtins__"] = vars(builtins) | {"__import__": swapped_import}
    exec(compile(source.read_text("utf-8"), source, "exec"), namespace)
