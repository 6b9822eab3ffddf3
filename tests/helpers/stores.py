"""Rows to put in stores, and stores that were tampered with."""

import json
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from fastlr.store import manifest as manifest_module
from helpers import random_labels, random_rows

NAMES = np.array(["ham", "spam", "eggs"])


def data(n_rows=240, n_classes=3, dtype=np.float64):
    X, y = random_rows(n_rows, 40, dtype=dtype), NAMES[random_labels(n_rows, n_classes)]
    weights = np.random.default_rng(1).integers(0, 3, n_rows).astype(float)
    return X, y, weights


def same_rows(X, Y):
    X, Y = sp.csr_array(X), sp.csr_array(Y)
    assert X.shape == Y.shape
    assert X.dtype == Y.dtype
    for name in ("indptr", "indices", "data"):
        np.testing.assert_array_equal(getattr(X, name), getattr(Y, name), err_msg=name)


def forged(folder, **changes):
    """Change the description of a store, with a checksum that fits."""
    path = Path(folder) / "store.json"
    content = json.loads(path.read_text())
    del content["sha256"]
    content.update(changes)
    path.write_text(json.dumps({**content, "sha256": manifest_module._checksum(content)}))
