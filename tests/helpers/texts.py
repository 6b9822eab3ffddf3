"""Texts to train on, settings of a small model of them, and rows of texts compared."""

import itertools

import numpy as np

SMALL = {"n_features": 2**12, "n_threads": 2}


def draw(n, n_classes=3, seed=0):
    """Texts in whose words the classes overlap by half."""
    rng = np.random.default_rng(seed)
    words = np.array([f"w{i}" for i in range(40 * (n_classes + 1))])
    labels = rng.integers(0, n_classes, n)
    return [" ".join(rng.choice(words[40 * k : 40 * k + 80], 8)) for k in labels], labels


def as_dicts(rows):
    """Rows as dicts; no column may come twice."""
    indptr, indices, data = rows
    dicts = []
    for start, stop in itertools.pairwise(indptr):
        dicts.append(dict(zip(indices[start:stop].tolist(), data[start:stop].tolist(), strict=True)))
        assert len(dicts[-1]) == stop - start
    return dicts


def assert_same_rows(rows, expected, tolerance=1e-12):
    rows, expected = as_dicts(rows), as_dicts(expected)
    assert len(rows) == len(expected)
    for row, wanted in zip(rows, expected, strict=True):
        assert row.keys() == wanted.keys()
        np.testing.assert_allclose(list(row.values()), [wanted[k] for k in row], rtol=tolerance, atol=tolerance)


def interrupt(*_):
    raise KeyboardInterrupt
