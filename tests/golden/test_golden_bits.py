"""Fits whose bits are the same on every backend, processor and operating system, against the digests in a file."""

import json

import numpy as np
import pytest
from golden.recipes import DIGESTS, OF_ROWS, RECIPES, compute, digests

from fastlr import kernels
from fastlr.kernels.backend import get_backend
from fastlr.kernels.compilers import cython

RECORDED = json.loads(DIGESTS.read_text("utf-8"))


@pytest.fixture
def baseline(monkeypatch):
    """The kernels that Cython compiled for every processor, instead of those for this one."""
    if get_backend() not in ("auto", "cython"):
        pytest.skip(f"for Cython, not {get_backend()}")
    try:
        loaded = cython.load("log_loss", "baseline")
    except ImportError as error:
        pytest.skip(str(error))
    monkeypatch.setattr(kernels, "load", lambda backend, loss="log_loss": loaded)


def test_every_recipe_is_recorded():
    assert RECORDED.keys() == RECIPES.keys()


@pytest.mark.parametrize("name", RECIPES)
def test_the_bits_are_those_recorded(compiled, name):
    assert digests(compute(name, compiled)) == RECORDED[name]


@pytest.mark.usefixtures("baseline")
@pytest.mark.parametrize("name", RECIPES)
def test_so_are_those_of_the_baseline(name):
    assert digests(compute(name, "cython")) == RECORDED[name]


@pytest.mark.parametrize("name", [name for name in OF_ROWS if "elasticnet" in name])
def test_wide_indices_give_the_same_bits(compiled, name):
    assert digests(compute(name, compiled, index=np.int64)) == RECORDED[name]
