from fastlr import SGDClassifier, train_validation_test_split
from fastlr.datasets import make_bag_of_words
from fastlr.plotting import LearningCurveDisplay

X, y = make_bag_of_words(5000, 20_000, random_state=0)
X_train, X_val, _, y_train, y_val, _ = train_validation_test_split(X, y, random_state=0)
model = SGDClassifier(random_state=0).fit(X_train, y_train, eval_set=(X_val, y_val))
LearningCurveDisplay.from_estimator(model)
