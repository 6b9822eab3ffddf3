"""scikit-learn's checks of estimators, with every release of it that fastlr supports."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from fastlr import LogisticRegression, LogisticRegressionCV, SGDClassifier, TextClassifier
from fastlr.kernels.backend import resolve_backend
from fastlr.text import CountVectorizer, HashingVectorizer, TfidfTransformer, TfidfVectorizer


@pytest.mark.filterwarnings("ignore:Training stopped")
@parametrize_with_checks(
    [
        LogisticRegression(),
        # A check compares weights to seven digits, which C=10000 leaves undetermined; another has few rows for folds.
        LogisticRegressionCV(Cs=[0.01, 1.0], cv=2),
        SGDClassifier(max_iter=50),
        SGDClassifier(batch_size="full", max_iter=300),
        SGDClassifier(optimizer="ftrl", max_iter=20),
        # Their data are no matrices: they have to pass the few checks that need none.
        CountVectorizer(),
        HashingVectorizer(),
        TfidfVectorizer(),
        TextClassifier(),
        TfidfTransformer(),
    ]
)
def test_estimator(estimator, check):
    if getattr(estimator, "optimizer", None) == "ftrl" and resolve_backend() == "numpy":
        pytest.skip("a check asks for 1,000 epochs, and an eager step looks for its length row by row: many minutes")
    check(estimator)
