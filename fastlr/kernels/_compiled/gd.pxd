cimport cython
from fastlr.kernels._compiled.lazy cimport (
    decision, prefetch_row, shrink, softmax_error, subtract, subtract_outer,
)
from fastlr.kernels._compiled.loss cimport logistic_error, logistic_loss
from fastlr.kernels._compiled.types cimport index, isfinite, prefetch, real

cdef extern from "math.h":
    cpdef double fabs(double x) noexcept nogil

@cython.locals(
    weighted=bint, n_rows=Py_ssize_t, s=double, i=Py_ssize_t, ahead=Py_ssize_t, row=Py_ssize_t, z=double, error=double,
)
cdef bint accumulate_binary(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, Py_ssize_t start, Py_ssize_t stop, bint track_loss,
    const real[:, ::1] weights, const double[::1] intercept, double[::1] clock, real[:, ::1] gradient,
    double[::1] intercept_gradient,
) noexcept nogil

@cython.locals(
    weighted=bint, n_rows=Py_ssize_t, s=double, i=Py_ssize_t, k=Py_ssize_t, ahead=Py_ssize_t, row=Py_ssize_t, first=Py_ssize_t,
    last=Py_ssize_t, loss=double,
)
cdef bint accumulate_softmax(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, Py_ssize_t start, Py_ssize_t stop, bint track_loss,
    const real[:, ::1] weights, const double[::1] intercept, double[::1] clock, real[:, ::1] gradient,
    double[::1] intercept_gradient, real[::1] scores,
) noexcept nogil

@cython.locals(f=Py_ssize_t, k=Py_ssize_t, norm=double, w=double, g=double)
cdef double gradient_norm(
    const real[:, ::1] weights, const real[:, ::1] gradient, double total, double l1, double l2
) noexcept nogil

@cython.locals(f=Py_ssize_t, k=Py_ssize_t)
cdef void proximal_step(
    real[:, ::1] weights, real[:, ::1] gradient, double eta, double l1, double l2
) noexcept nogil
