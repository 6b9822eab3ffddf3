from sklearn_suite.swap import run_tests_of

run_tests_of("sklearn.linear_model.tests.test_sgd", globals())
