"""What Python calls: each function releases the GIL around one compiled kernel of the same name."""

from fastlr.kernels.compilers.cython cimport kernels
from fastlr.kernels.compilers.cython.kernels cimport index, real, uint64

cdef extern from *:
    """
    #if (defined(__GNUC__) || defined(__clang__)) && defined(__x86_64__)
    #define fastlr_has_level_3() \\
        (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
    #else
    #define fastlr_has_level_3() 0
    #endif
    """
    bint fastlr_has_level_3()


def has_level_3():
    """Tell whether the processor has the vector instructions that the modules named ``*_v3`` are made of."""
    return bool(fastlr_has_level_3())


def sgd_binary(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, const double[::1] rates, Py_ssize_t start,
    Py_ssize_t stop, double l1, double l2, double intercept_rate, double limit, double smallest_scale, double largest,
    bint track_loss, real[:, ::1] weights, double[::1] intercept, double[::1] clock, long long[::1] counts,
    double[:, ::1] history,
):
    cdef Py_ssize_t result
    with nogil:
        result = kernels.sgd_binary(indptr, indices, data, labels, sample_weight, order, rates, start, stop, l1, l2,
            intercept_rate, limit, smallest_scale, largest, track_loss, weights, intercept, clock, counts, history)
    return result


def sgd_softmax(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, const double[::1] rates, Py_ssize_t start,
    Py_ssize_t stop, double l1, double l2, double intercept_rate, double limit, double smallest_scale, double largest,
    real[:, ::1] weights, double[::1] intercept, double[::1] clock, long long[::1] counts, double[:, ::1] history,
    real[::1] scores, real[::1] moves,
):
    cdef Py_ssize_t result
    with nogil:
        result = kernels.sgd_softmax(indptr, indices, data, labels, sample_weight, order, rates, start, stop, l1, l2,
            intercept_rate, limit, smallest_scale, largest, weights, intercept, clock, counts, history, scores,
            moves)
    return result


def errors_binary(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, Py_ssize_t begin, Py_ssize_t start, Py_ssize_t stop,
    bint track_loss, const real[:, ::1] weights, const double[::1] intercept, double[::1] clock, real[:, ::1] errors,
):
    cdef bint result
    with nogil:
        result = kernels.errors_binary(indptr, indices, data, labels, sample_weight, order, begin, start, stop,
            track_loss, weights, intercept, clock, errors)
    return result


def errors_softmax(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, Py_ssize_t begin, Py_ssize_t start, Py_ssize_t stop,
    const real[:, ::1] weights, const double[::1] intercept, double[::1] clock, real[:, ::1] errors,
):
    cdef bint result
    with nogil:
        result = kernels.errors_softmax(indptr, indices, data, labels, sample_weight, order, begin, start, stop,
            weights, intercept, clock, errors)
    return result


def update(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const double[::1] sample_weight,
    const Py_ssize_t[::1] order, Py_ssize_t begin, Py_ssize_t end, double rate, double l1, double l2,
    double intercept_rate, double limit, double smallest_scale, double largest, real[:, ::1] weights,
    double[::1] intercept, double[::1] clock, long long[::1] counts, double[:, ::1] history, real[:, ::1] errors, real[::1] moves,
):
    cdef bint result
    with nogil:
        result = kernels.update(indptr, indices, data, sample_weight, order, begin, end, rate, l1, l2, intercept_rate,
            limit, smallest_scale, largest, weights, intercept, clock, counts, history, errors, moves)
    return result


def minibatches(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, const double[::1] rates, Py_ssize_t start,
    Py_ssize_t stop, double l1, double l2, double intercept_rate, double limit, double smallest_scale, double largest,
    bint track_loss, real[:, ::1] weights, double[::1] intercept, double[::1] clock, long long[::1] counts,
    double[:, ::1] history, real[:, ::1] errors, real[::1] moves,
):
    cdef Py_ssize_t result
    with nogil:
        result = kernels.minibatches(indptr, indices, data, labels, sample_weight, order, rates, start, stop, l1, l2,
            intercept_rate, limit, smallest_scale, largest, track_loss, weights, intercept, clock, counts, history,
            errors, moves)
    return result


def accumulate_binary(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, Py_ssize_t start, Py_ssize_t stop, bint track_loss,
    const real[:, ::1] weights, const double[::1] intercept, double[::1] clock, real[:, ::1] gradient,
    double[::1] intercept_gradient,
):
    cdef bint result
    with nogil:
        result = kernels.accumulate_binary(indptr, indices, data, labels, sample_weight, order, start, stop, track_loss,
            weights, intercept, clock, gradient, intercept_gradient)
    return result


def accumulate_softmax(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, Py_ssize_t start, Py_ssize_t stop,
    const real[:, ::1] weights, const double[::1] intercept, double[::1] clock, real[:, ::1] gradient,
    double[::1] intercept_gradient, real[::1] scores,
):
    cdef bint result
    with nogil:
        result = kernels.accumulate_softmax(indptr, indices, data, labels, sample_weight, order, start, stop,
            weights, intercept, clock, gradient, intercept_gradient, scores)
    return result


def gradient_norm(
    const real[:, ::1] weights, const real[:, ::1] gradient, double total, double l1, double l2
):
    cdef double result
    with nogil:
        result = kernels.gradient_norm(weights, gradient, total, l1, l2)
    return result


def proximal_step(
    real[:, ::1] weights, double[::1] intercept, double[::1] clock, long long[::1] counts, double[:, ::1] history,
    const real[:, ::1] gradient, const double[::1] intercept_gradient, double step, double intercept_step, double l1, double l2,
):
    with nogil:
        kernels.proximal_step(
            weights, intercept, clock, counts, history, gradient, intercept_gradient, step, intercept_step, l1, l2
        )


def averaged(
    const real[:, ::1] weights, const double[::1] clock, const long long[::1] counts, const double[:, ::1] history,
    real[:, ::1] out,
):
    with nogil:
        kernels.averaged(weights, clock, counts, history, out)


def settle_all(
    real[:, ::1] weights, Py_ssize_t n_outputs, double[::1] clock, long long[::1] counts, const double[:, ::1] history
):
    with nogil:
        kernels.settle_all(weights, n_outputs, clock, counts, history)


def settled(
    const real[:, ::1] weights, const double[::1] clock, real[:, ::1] out
):
    with nogil:
        kernels.settled(weights, clock, out)


def decision_function(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const real[:, ::1] weights,
    const double[::1] intercept, Py_ssize_t start, Py_ssize_t stop, real[:, ::1] out,
):
    with nogil:
        kernels.decision_function(indptr, indices, data, weights, intercept, start, stop, out)


def squared_norms(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, Py_ssize_t start, Py_ssize_t stop,
    int[::1] places, double[::1] out,
):
    with nogil:
        kernels.squared_norms(indptr, indices, data, start, stop, places, out)



def add_transposed(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const real[:, ::1] factors,
    Py_ssize_t start, Py_ssize_t stop, real[:, ::1] out,
):
    with nogil:
        kernels.add_transposed(indptr, indices, data, factors, start, stop, out)


def sdca_binary(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, Py_ssize_t start, Py_ssize_t stop,
    const double[::1] curvature, double inverse_l2, double threshold, double pull, double[::1] duals,
    real[:, ::1] sums, double[::1] intercept, double[::1] residual, double[::1] lacks,
):
    with nogil:
        kernels.sdca_binary(indptr, indices, data, labels, sample_weight, order, start, stop, curvature, inverse_l2,
            threshold, pull, duals, sums, intercept, residual, lacks)


def sdca_softmax(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, Py_ssize_t start, Py_ssize_t stop,
    Py_ssize_t n_newton, const double[::1] curvature, double inverse_l2, double threshold, double pull, double[::1] logs,
    real[:, ::1] sums, double[::1] intercept, double[::1] residual, double[::1] lacks, real[::1] scores,
    double[:, ::1] scratch,
):
    with nogil:
        kernels.sdca_softmax(indptr, indices, data, labels, sample_weight, order, start, stop, n_newton, curvature,
            inverse_l2, threshold, pull, logs, sums, intercept, residual, lacks, scores, scratch)


def row_losses(
    const real[:, ::1] scores, const double[::1] intercept, const int[::1] labels, const double[::1] sample_weight,
    Py_ssize_t start, Py_ssize_t stop, double[:, ::1] p, double[::1] mass, double[:, ::1] product,
):
    cdef double result
    with nogil:
        result = kernels.row_losses(scores, intercept, labels, sample_weight, start, stop, p, mass, product)
    return result


def balance(
    const int[::1] labels, const double[::1] sample_weight, Py_ssize_t start, Py_ssize_t stop,
    const double[::1] take, const double[::1] give, double[:, ::1] p, real[:, ::1] factors,
):
    with nogil:
        kernels.balance(labels, sample_weight, start, stop, take, give, p, factors)


def mixed_entropy(
    const int[::1] labels, const double[::1] sample_weight, Py_ssize_t start, Py_ssize_t stop, double share,
    const double[:, ::1] p,
):
    cdef double result
    with nogil:
        result = kernels.mixed_entropy(labels, sample_weight, start, stop, share, p)
    return result


def sweep_binary(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const Py_ssize_t[::1] features,
    Py_ssize_t start, Py_ssize_t stop, double l1, double l2, const double[:, ::1] gradient,
    double[:, ::1] curvature, double[:, ::1] weights, double[::1] state,
):
    with nogil:
        kernels.sweep_binary(indptr, indices, data, features, start, stop, l1, l2, gradient, curvature, weights, state)


def sweep_softmax(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const Py_ssize_t[::1] features,
    Py_ssize_t start, Py_ssize_t stop, double l1, double l2, const double[:, ::1] gradient,
    double[:, ::1] curvature, double[:, ::1] weights, const double[::1] s,
    const double[:, ::1] p, double[:, ::1] moved, double[::1] mean, double[:, ::1] scratch,
):
    with nogil:
        kernels.sweep_softmax(indptr, indices, data, features, start, stop, l1, l2, gradient, curvature, weights, s, p,
            moved, mean, scratch)


def count_columns(const index[::1] indices, int[::1] counts):
    with nogil:
        kernels.count_columns(indices, counts)


def keep_columns(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const uint64[::1] ranks,
    const float[::1] weights, index[::1] out_indptr, index[::1] out_indices, real[::1] out_data,
):
    with nogil:
        kernels.keep_columns(indptr, indices, data, ranks, weights, out_indptr, out_indices, out_data)


def adaptive_binary(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, Py_ssize_t start, Py_ssize_t stop, double l1,
    double l2, double eta0, bint proximal, bint fit_intercept, bint track_loss, real[:, ::1] state,
    double[:, ::1] intercept, double[::1] clock, real[:, ::1] row,
):
    cdef Py_ssize_t result
    with nogil:
        result = kernels.adaptive_binary(indptr, indices, data, labels, sample_weight, order, start, stop, l1, l2,
            eta0, proximal, fit_intercept, track_loss, state, intercept, clock, row)
    return result


def adaptive_rows(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, Py_ssize_t start, Py_ssize_t stop, double l1,
    double l2, double eta0, bint proximal, bint fit_intercept, real[:, ::1] state, double[:, ::1] intercept,
    double[::1] clock, real[:, ::1] values, real[:, ::1] roots, real[:, ::1] sums, double[:, ::1] scratch,
):
    cdef Py_ssize_t result
    with nogil:
        result = kernels.adaptive_rows(indptr, indices, data, labels, sample_weight, order, start, stop, l1, l2, eta0,
            proximal, fit_intercept, state, intercept, clock, values, roots, sums, scratch)
    return result


def adaptive_batch(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, Py_ssize_t start, Py_ssize_t stop, double l1,
    double l2, double eta0, bint proximal, bint fit_intercept, real[:, ::1] state, double[:, ::1] intercept,
    double[::1] clock, int[::1] slot, long long[::1] touched, double[:, ::1] sums, double[:, ::1] all_scores,
    double[:, ::1] all_errors, double[:, ::1] scratch,
):
    cdef bint result
    with nogil:
        result = kernels.adaptive_batch(indptr, indices, data, labels, sample_weight, order, start, stop, l1, l2, eta0,
            proximal, fit_intercept, state, intercept, clock, slot, touched, sums, all_scores, all_errors, scratch)
    return result


def adaptive_weights(
    const real[:, ::1] state, const double[::1] clock, double eta0, real[:, ::1] out
):
    with nogil:
        kernels.adaptive_weights(state, clock, eta0, out)


def hessian_product(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const double[::1] sample_weight,
    Py_ssize_t start, Py_ssize_t stop, const double[:, ::1] probabilities, const real[:, ::1] weights,
    const double[::1] intercept, real[::1] scores, real[:, ::1] out, double[::1] intercept_out,
):
    with nogil:
        kernels.hessian_product(indptr, indices, data, sample_weight, start, stop, probabilities, weights, intercept,
            scores, out, intercept_out)


def add_squares(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const double[::1] sample_weight,
    const Py_ssize_t[::1] order, Py_ssize_t start, Py_ssize_t stop, double[::1] out,
):
    with nogil:
        kernels.add_squares(indptr, indices, data, sample_weight, order, start, stop, out)


def merge(
    real[:, ::1] weights, real[:, :, ::1] copies, const double[:, ::1] clocks, const double[::1] squares,
    const double[::1] curvature, double rate, double l2, Py_ssize_t start, Py_ssize_t stop, double[:, ::1] scratch,
):
    with nogil:
        kernels.merge(weights, copies, clocks, squares, curvature, rate, l2, start, stop, scratch)


def hash_documents(
    const unsigned char[::1] buffer, const long long[::1] starts, const long long[::1] stops,
    const unsigned char[::1] alphabet, const unsigned char[::1] pages, const int[::1] changes,
    const uint64[::1] stop_words, const uint64[::1] masks, bint characters, bint lowercase, Py_ssize_t min_length,
    Py_ssize_t errors, Py_ssize_t smallest, Py_ssize_t largest, long long n_features, bint signed,
    Py_ssize_t weighting, bint normalize, const double[::1] values, Py_ssize_t budget, uint64[::1] tokens,
    long long[::1] begins, long long[::1] ends, unsigned char[::1] scratch, unsigned char[::1] text,
    uint64[::1] inside, int[::1] edges, uint64[::1] terms, uint64[::1] table, long long[::1] counts,
    long long[::1] indptr, int[::1] indices, real[::1] data, long long[::1] state,
):
    cdef Py_ssize_t result
    with nogil:
        result = kernels.hash_documents(buffer, starts, stops, alphabet, pages, changes, stop_words, masks, characters,
            lowercase, min_length, errors, smallest, largest, n_features, signed, weighting, normalize, values, budget,
            tokens, begins, ends, scratch, text, inside, edges, terms, table, counts, indptr, indices, data, state)
    return result


def count_documents(
    const unsigned char[::1] buffer, const long long[::1] starts, const long long[::1] stops,
    const unsigned char[::1] alphabet, const unsigned char[::1] pages, const int[::1] changes,
    const uint64[::1] stop_words, const uint64[::1] masks, bint characters, bint lowercase, Py_ssize_t min_length,
    Py_ssize_t errors, Py_ssize_t smallest, Py_ssize_t largest, Py_ssize_t budget, uint64[::1] tokens,
    long long[::1] begins, long long[::1] ends, unsigned char[::1] scratch, unsigned char[::1] text,
    uint64[::1] inside, int[::1] edges, uint64[::1] terms, bint learn, uint64[::1] table, uint64[::1] hashes,
    long long[::1] first_begins, long long[::1] first_ends, long long[::1] places, long long[::1] indptr,
    int[::1] indices, long long[::1] counts, long long[::1] state,
):
    cdef Py_ssize_t result
    with nogil:
        result = kernels.count_documents(buffer, starts, stops, alphabet, pages, changes, stop_words, masks, characters,
            lowercase, min_length, errors, smallest, largest, budget, tokens, begins, ends, scratch, text, inside,
            edges, terms, learn, table, hashes, first_begins, first_ends, places, indptr, indices, counts, state)
    return result


def enter_terms(const uint64[::1] hashes, Py_ssize_t n, uint64[::1] table):
    with nogil:
        kernels.enter_terms(hashes, n, table)


def weigh_rows(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const double[::1] idf, bint sublinear,
    Py_ssize_t norm, const double[::1] logs, Py_ssize_t start, Py_ssize_t stop, real[::1] out,
):
    with nogil:
        kernels.weigh_rows(indptr, indices, data, idf, sublinear, norm, logs, start, stop, out)
