"""Planning and running the training of an `SGDClassifier`, without knowing any estimator."""
