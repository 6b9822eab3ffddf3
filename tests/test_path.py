"""Paths of C, and cross-validation over row subsets of one matrix."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from fastlr import LogisticRegressionCV


@parametrize_with_checks([LogisticRegressionCV(Cs=3, cv=3)])
def test_scikit_learns_checks(estimator, check):
    check(estimator)
