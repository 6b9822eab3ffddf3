from sklearn_suite.swap import run_tests_of

run_tests_of("sklearn.feature_extraction.tests.test_text", globals())
