import pytest

from fastlr.store import problem as problem_module


@pytest.fixture
def small_parts(monkeypatch):
    """Parts of a few rows, so that little stores have many."""
    monkeypatch.setattr(problem_module, "PART_BYTES", 2000)
    monkeypatch.setattr(problem_module, "PIECE_BYTES", 300)
    monkeypatch.setattr(problem_module, "MIN_PIECE_BYTES", 100)
