cimport cython
from fastlr.kernels._compiled.lazy cimport (
    decision, decision_paying, pay_row, penalize, prefetch_row, softmax_error, subtract, subtract_outer,
)
from fastlr.kernels._compiled.loss cimport logistic_error, logistic_loss
from fastlr.kernels._compiled.types cimport index, isfinite, prefetch, real

@cython.locals(
    weighted=bint, n_rows=Py_ssize_t, s=double, i=Py_ssize_t, ahead=Py_ssize_t, row=Py_ssize_t, z=double,
)
cdef bint errors_binary(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, Py_ssize_t begin, Py_ssize_t start, Py_ssize_t stop,
    double l1, bint track_loss, real[:, ::1] weights, const double[::1] intercept, double[::1] clock,
    real[:, ::1] errors,
) noexcept nogil

@cython.locals(
    weighted=bint, n_rows=Py_ssize_t, n_outputs=Py_ssize_t, s=double, i=Py_ssize_t, k=Py_ssize_t, ahead=Py_ssize_t,
    row=Py_ssize_t, first=Py_ssize_t, last=Py_ssize_t, loss=double,
)
cdef bint errors_softmax(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, Py_ssize_t begin, Py_ssize_t start, Py_ssize_t stop,
    double l1, bint track_loss, real[:, ::1] weights, const double[::1] intercept, double[::1] clock,
    real[:, ::1] errors,
) noexcept nogil

@cython.locals(
    n_outputs=Py_ssize_t, total=double, i=Py_ssize_t, k=Py_ssize_t, row=Py_ssize_t, eta=double, step=double,
)
cdef bint update(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const double[::1] sample_weight,
    const Py_ssize_t[::1] order, Py_ssize_t begin, Py_ssize_t end, double rate, double l1, double l2,
    double intercept_rate, double limit, double smallest_scale, double largest, real[:, ::1] weights,
    double[::1] intercept, double[::1] clock, real[:, ::1] errors,
) noexcept nogil

@cython.locals(
    batch_size=Py_ssize_t, n_outputs=Py_ssize_t, n_steps=Py_ssize_t, begin=Py_ssize_t, end=Py_ssize_t, finite=bint,
)
cdef Py_ssize_t minibatches(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, const double[::1] rates, Py_ssize_t start,
    Py_ssize_t stop, double l1, double l2, double intercept_rate, double limit, double smallest_scale, double largest,
    bint track_loss, real[:, ::1] weights, double[::1] intercept, double[::1] clock, real[:, ::1] errors,
) noexcept nogil
