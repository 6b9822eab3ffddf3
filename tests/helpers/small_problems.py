"""Small dense problems, each with something that exact solvers find hard."""

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine, make_blobs


def _labels(scores, seed=1):
    """Labels drawn from the probabilities that belong to scores: both classes overlap."""
    return (np.random.default_rng(seed).logistic(size=len(scores)) < scores).astype(int)


def _digits():
    X, y = load_digits(return_X_y=True)
    return X[:300], y[:300], None


def _duplicated_columns():
    X, y = load_iris(return_X_y=True)
    return X[:, [0, 1, 1, 2, 2, 2, 3]], y, None


def _constant_columns():
    X, y = load_breast_cancer(return_X_y=True)
    X = np.c_[X[:200, :6], np.ones(200), np.full(200, 1e4), np.zeros(200)]
    return X, y[:200], None


def _scales(n_classes):
    X = np.random.default_rng(0).normal(size=(120, 9))
    y = _labels(X[:, 0] + X[:, 4] - X[:, 8])
    return X * 10.0 ** np.arange(-8, 9, 2), y + (n_classes - 2) * (X[:, 1] > 0.5), None


def _wide(n_classes):
    rng = np.random.default_rng(0)
    return rng.normal(size=(30, 100)), np.arange(30) % n_classes, None


def _one_column(n_classes):
    x = np.random.default_rng(0).normal(size=90)
    return 3.0 * x[:, None] + 100.0, _labels(x) + (n_classes - 2) * (np.arange(90) % 2), None


def _class_without_weight():
    X, y = load_iris(return_X_y=True)
    return X, y, np.where(y == 1, 0.0, 1.0)


def _class_of_one_row():
    X, _ = load_iris(return_X_y=True)
    rows = np.r_[0:71, 100:150]
    return X[rows], np.where(rows < 70, 0, np.where(rows == 70, 1, 2)), None


def _blobs(spread):
    return *make_blobs(90, 2, centers=3, cluster_std=spread, random_state=0), None


def _quasi_separable(n_classes):
    rng = np.random.default_rng(0)
    dummy = np.r_[np.zeros(60), np.ones(20)]
    y = np.r_[np.arange(60) % n_classes, np.ones(20, int)]
    return np.c_[dummy, rng.normal(size=80)], y, None


def _binary_columns():
    X = (np.random.default_rng(0).random((200, 5)) < 0.3).astype(float)
    return X, np.random.default_rng(1).integers(0, 3, 200), None


def _unequal_weights():
    X, y = load_wine(return_X_y=True)
    return (X - X.mean(axis=0)) / X.std(axis=0), y, 10.0 ** np.random.default_rng(0).uniform(-6, 4, len(y))


# Name: a function that returns X, y and the sample weights or None.
PROBLEMS = {
    "iris": lambda: (*load_iris(return_X_y=True), None),
    "wine": lambda: (*load_wine(return_X_y=True), None),
    "breast cancer": lambda: (*load_breast_cancer(return_X_y=True), None),
    "digits": _digits,
    "blobs": lambda: _blobs(3.0),
    "separable, 3 classes": lambda: _blobs(0.3),
    "separable": lambda: (np.array([[-2.0], [-1.0], [1.0], [3.0]]), np.array([0, 0, 1, 1]), None),
    "quasi-separable": lambda: _quasi_separable(2),
    "quasi-separable, 3 classes": lambda: _quasi_separable(3),
    "duplicated columns": _duplicated_columns,
    "constant columns": _constant_columns,
    "zeros alone": lambda: (np.zeros((12, 3)), np.arange(12) % 3, None),
    "scales 1e-8 to 1e8": lambda: _scales(2),
    "scales 1e-8 to 1e8, 3 classes": lambda: _scales(3),
    "wide": lambda: _wide(2),
    "wide, 3 classes": lambda: _wide(3),
    "one column": lambda: _one_column(2),
    "one column, 3 classes": lambda: _one_column(3),
    "class without weight": _class_without_weight,
    "class of one row": _class_of_one_row,
    "0/1 columns": _binary_columns,
    "unequal weights": _unequal_weights,
}
STRENGTHS = (1e-6, 1e-4, 1e-2, 1.0, 1e2, 1e4, 1e6)
PENALTIES = {
    "none": [{"C": np.inf}],
    "l2": [{"C": C} for C in STRENGTHS],
    "elasticnet": [{"C": C, "l1_ratio": 0.5} for C in STRENGTHS],
    "l1": [{"C": C, "l1_ratio": 1.0} for C in STRENGTHS],
}
