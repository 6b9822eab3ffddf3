"""Every public object is in the reference."""

import importlib
import re
from pathlib import Path

import pytest

API = (Path(__file__).parents[2] / "docs" / "reference" / "api.md").read_text("utf-8")
MODULES = ["fastlr", "fastlr.text", "fastlr.schedules", "fastlr.plotting", "fastlr.datasets", "fastlr.objective"]
INTERNAL = {"filled", "checked_rates"}  # of the schedules, for the solvers


@pytest.mark.parametrize("name", MODULES)
def test_public_names_are_listed(name):
    module = importlib.import_module(name)
    defined = [key for key, value in vars(module).items() if getattr(value, "__module__", None) == name]
    public = {key for key in getattr(module, "__all__", defined) if not key.startswith("_")}
    tables = re.findall(rf"currentmodule:: {re.escape(name)}\n(.*?)```", API, re.DOTALL)
    listed = set(re.findall(r"^   ([\w.]+)$", "\n".join(tables), re.MULTILINE))
    assert {key for key in public if f"{name}.{key}" not in MODULES} - INTERNAL <= listed
