"""The tests of scikit-learn that fastlr does not pass, by the reason why.

A pattern is the name of a test, with its parameters; `*` stands for any text. Each must fail, and with an exception of
the reason's types: one that passes is reported, and has to leave the list.
"""

from typing import NamedTuple

import pytest


class Reason(NamedTuple):
    text: str
    raises: type[BaseException] | tuple[type[BaseException], ...] = AssertionError


NOT_RAISED = pytest.fail.Exception

WORDING = Reason("fastlr says the same in other words", (AssertionError, NOT_RAISED))
PRIVATE = Reason("the test looks at private names of scikit-learn", (AttributeError, TypeError, AssertionError))
LEGACY = Reason(
    "fastlr has one layout of attributes, that of use_legacy_attributes=False; scikit-learn deprecates the other",
    (ValueError, NOT_RAISED),
)
NOT_REFUSED = Reason(
    "'liblinear', 'sag' and 'saga' let fastlr choose the solver, which fits what scikit-learn's of that name refuse",
    NOT_RAISED,
)
DTYPE = Reason("liblinear trains in float64 always; fastlr trains float32 data in float32")
CONVERGED = Reason("the test compares with SAG's weights before they converge; fastlr's are at the optimum")
TOLERANCE = Reason(
    "tol bounds the objective, as a relative duality gap; small weights then agree to fewer digits than the test asks"
)
SEPARABLE = Reason(
    "on separable rows with C=1e30 the objective is 0 to the last digit, and fastlr warns that no gap can be certified",
    Warning,
)
NEXT_DEFAULT = Reason(
    "fastlr has the defaults of l1_ratios and scoring that scikit-learn announces for its next releases", NOT_RAISED
)
ALL_SOLVERS = Reason("callbacks work with every solver of fastlr, so there is nothing to warn of", NOT_RAISED)
CERTIFIED = Reason(
    "the certificate at the end of a fit improves the intercept, so the model after two iterations is neither that of "
    "two fits of one nor the solver's own iterate"
)
NO_EXTRA_TASK = Reason("scikit-learn announces one iteration more than L-BFGS makes; fastlr does not")
N_JOBS = Reason("n_jobs has an effect in fastlr", NOT_RAISED)

LOSS = Reason("fastlr minimises the log-loss, and has no hinge, Huber or squared losses", (ValueError, AttributeError))
HINGE = Reason("the assertion holds for the optimum of the hinge loss, not for that of the log-loss")
BETTER = Reason("the test expects a low score on unbalanced classes; fastlr's is higher")
HOLDOUT = Reason(
    "fastlr holds out a fraction of each class, by its own draw, and always keeps a row for training",
    (AssertionError, NOT_RAISED),
)
VALIDATION_LOSS = Reason("early stopping watches the validation loss, which improves for longer than the accuracy")
BALANCED_STREAM = Reason("partial_fit takes class_weight='balanced', by the counts of the classes so far", NOT_RAISED)
NEGATIVE = Reason("fastlr refuses a negative power_t, which scikit-learn deprecates", (ValueError, NOT_RAISED))
NO_TOL = Reason(
    "tol=None is fastlr's default: training runs for max_iter epochs, so there is nothing to warn of", NOT_RAISED
)

ONE_ROW = Reason("a step over one row cannot tell a row of weight 2 from the row twice; batch_size='full' can")

EXPECTED_FAILURES = {
    "test_text": {WORDING: ["test_tfidf_vectorizer_setter"]},
    "test_estimator_checks": {
        ONE_ROW: [
            "test_estimator[SGDClassifier(max_iter=*-check_sample_weight_equivalence_*]",
        ],
    },
    "test_logistic": {
        WORDING: [
            "test_l1_ratio_non_elasticnet",
            "test_max_iter[*newton-cg*-max_iter?]",
            "test_max_iter[*liblinear*-max_iter?]",
            "test_max_iter[*sag*-max_iter?]",
            "test_max_iter[*lbfgs*-max_iter?]",
            "test_max_iter[*newton-cholesky*-max_iter0]",
        ],
        PRIVATE: [
            "test_logistic_cv_multinomial_score[*]",
            "test_logreg_predict_proba_multinomial[42]",
            "test_get_default_scorer",
        ],
        LEGACY: [
            "test_logistic_cv[42-True]",
            "test_multinomial_cv_iris[*]",
            "test_n_iter[True-*]",
            "test_LogisticRegressionCV_no_refit[*]",
            "test_LogisticRegressionCV_elasticnet_attribute_shapes[*]",
            "test_LogisticRegressionCV_on_folds",
            "test_scores_attribute_layout_elasticnet",
            "test_lr_cv_scores_differ_when_sample_weight_is_requested[42]",
            "test_logisticregressioncv_warns_with_use_legacy_attributes",
        ],
        NOT_REFUSED: [
            "test_check_solver_option[*]",
            "test_large_sparse_matrix[*-liblinear]",
            "test_large_sparse_matrix[*-sag]",
            "test_large_sparse_matrix[*-saga]",
            "test_liblinear_with_large_values",
            "test_liblinear_multiclass_raises[*]",
        ],
        DTYPE: ["test_dtype_match[*-liblinear]"],
        TOLERANCE: [
            "test_logistic_glmnet[lbfgs]",
            "test_logistic_regression_solvers[42]",
            "test_logistic_regression_solvers_multiclass[*]",
            "test_logistic_regressioncv_class_weights[42-weight-weight0]",
            "test_logisticregression_liblinear_sample_weight[42-params1]",
        ],
        SEPARABLE: ["test_newton_cholesky_fallback_to_lbfgs"],
        NEXT_DEFAULT: ["test_l1_ratio_None_deprecated", "test_lr_scoring_warns"],
        ALL_SOLVERS: ["test_logistic_regression_callback_support_warning"],
        N_JOBS: ["test_logisticregression_warns_with_n_jobs"],
        CERTIFIED: [
            "test_warm_start_newton_solver[1-True-*]",
            "test_logistic_regression_callback_fitted_estimator[True-*]",
        ],
        NO_EXTRA_TASK: ["test_logistic_regression_callback_support[*]"],
    },
    "test_sgd": {
        LOSS: [
            "test_sgd_clf[*]",
            "test_late_onset_averaging_reached[*]",
            "test_average_binary_computed_correctly[*]",
            "test_sgd_multiclass_average[*]",
            "test_sgd_predict_proba_method_access[*]",
            "test_sgd_proba[*]",
            "test_regression_losses[*]",
            "test_underflow_or_overflow",
            "test_numerical_stability_large_gradient",
        ],
        HINGE: ["test_class_weights[*]", "test_sample_weights[*]", "test_large_regularization[l2]"],
        BETTER: ["test_balanced_weight[*]"],
        WORDING: [
            "test_sgd_early_stopping_with_partial_fit[*]",
            "test_tol_parameter",
            "test_sgd_failing_penalty_validation[*]",
            "test_provide_coef[*]",
            "test_set_intercept_offset[*]",
            "test_sgd_error_on_zero_validation_weight",
        ],
        PRIVATE: ["test_plain_has_no_average_attr[*]", "test_validation_mask_correctly_subsets"],
        HOLDOUT: [
            "test_validation_set_not_used_for_training[*]",
            "test_not_enough_sample_for_early_stopping[*]",
        ],
        VALIDATION_LOSS: ["test_multi_thread_multi_class_and_early_stopping"],
        BALANCED_STREAM: ["test_partial_fit_weight_class_balanced[*]"],
        NEGATIVE: ["test_power_t_limits[*]"],
        NO_TOL: ["test_sgd_random_state[42-SGDClassifier]"],
    },
    "test_sag": {
        CONVERGED: [
            "test_sag_classifier_computed_correctly[*]",
            "test_sag_multiclass_computed_correctly[*]",
            "test_binary_classifier_class_weight[*]",
        ],
        WORDING: ["test_classifier_single_class", "test_sag_classifier_raises_error[*]"],
        NOT_REFUSED: ["test_step_size_alpha_error"],
    },
}

# Tests of classes that fastlr does not have, which would run scikit-learn's own.
OTHER_CLASSES = {
    "test_sgd": [
        "*Regressor*",
        "*OneClass*",
        "*one_class*",
        "*oneclass*",
        "test_ocsvm*",
        "test_loss_*",
        "test_gradient_*",
    ],
    "test_sag": ["test_regressor_matching", "*ridge*", "test_sag_regressor*", "test_get_auto_step_size"],
    "test_text": ["test_strip_accents", "test_to_ascii"],
}
