"""Planning and running a training by gradient descent, independent of any estimator."""
