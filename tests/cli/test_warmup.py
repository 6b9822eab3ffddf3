"""``fastlr warmup``."""

import pytest
from helpers.command_line import refused, run

from fastlr import compilation, kernels


def test_a_backend_that_compiles_nothing_at_run_time(backend):
    if kernels.load(backend).compiles:
        pytest.skip(f"{backend} compiles at run time")
    result = run("warmup", "--backend", backend)
    assert result.stderr == f"Nothing to compile: the kernels of '{backend}' are ready.\n"


def test_the_cache_is_named(compiled, monkeypatch):
    if not kernels.load(compiled).compiles:
        pytest.skip(f"{compiled} compiles nothing at run time")
    monkeypatch.setattr(compilation, "_uses", lambda backend: iter([]))
    said = run("warmup", "--backend", compiled).stderr
    assert said.endswith(f"The kernels of '{compiled}' are kept in {kernels.load(compiled).cache} (0 s).\n")
    assert run("warmup", "--backend", compiled, "-q").output == ""


def test_no_directory_is_writable(compiled, monkeypatch):
    loaded = kernels.load(compiled)
    if not loaded.compiles:
        pytest.skip(f"{compiled} compiles nothing at run time")
    monkeypatch.setattr(loaded, "cache", None)
    assert "Set NUMBA_CACHE_DIR" in refused("warmup", "--backend", compiled)
