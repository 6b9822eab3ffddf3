cimport cython
from fastlr.kernels._compiled.lazy cimport (
    decision, decision_paying, pay_row, penalize, prefetch_row, softmax_error, subtract, subtract_outer,
)
from fastlr.kernels._compiled.loss cimport logistic_error, logistic_loss
from fastlr.kernels._compiled.types cimport index, isfinite, prefetch, real

cdef extern from "math.h":
    cpdef double fabs(double x) noexcept nogil

@cython.locals(
    weighted=bint, n_rows=Py_ssize_t, s=double, i=Py_ssize_t, ahead=Py_ssize_t, row=Py_ssize_t, first=Py_ssize_t,
    last=Py_ssize_t, z=double, eta=double, error=double, step=double,
)
cdef Py_ssize_t sgd_binary(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, const double[::1] rates, Py_ssize_t start,
    Py_ssize_t stop, double l1, double l2, double intercept_rate, double limit, double smallest_scale, double largest,
    bint track_loss, real[:, ::1] weights, double[::1] intercept, double[::1] clock,
) noexcept nogil

@cython.locals(
    weighted=bint, n_rows=Py_ssize_t, n_outputs=Py_ssize_t, s=double, i=Py_ssize_t, k=Py_ssize_t, ahead=Py_ssize_t,
    row=Py_ssize_t, first=Py_ssize_t, last=Py_ssize_t, loss=double, eta=double, step=double,
)
cdef Py_ssize_t sgd_softmax(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, const double[::1] rates, Py_ssize_t start,
    Py_ssize_t stop, double l1, double l2, double intercept_rate, double limit, double smallest_scale, double largest,
    bint track_loss, real[:, ::1] weights, double[::1] intercept, double[::1] clock, real[::1] scores,
) noexcept nogil
