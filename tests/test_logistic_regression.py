"""LogisticRegression: a citizen of scikit-learn, equal to its optimum, and certified."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from fastlr import LogisticRegression


@parametrize_with_checks([LogisticRegression()])
def test_scikit_learns_checks(estimator, check):
    check(estimator)
