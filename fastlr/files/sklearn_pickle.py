"""Pickles of scikit-learn models."""

from __future__ import annotations

import pickle
from typing import Any

from fastlr.persistence.tensor_file import replacing


def write_pickle(path: str, model: Any) -> None:
    """Write the scikit-learn equivalent of a fitted model, as ``model.to_sklearn()`` returns it."""
    converted = model.to_sklearn()
    with replacing(path) as file:
        pickle.dump(converted, file)
