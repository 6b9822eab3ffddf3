cimport cython
from fastlr.kernels._compiled.loss cimport softmax
from fastlr.kernels._compiled.types cimport index, isfinite, prefetch, real

@cython.locals(j=Py_ssize_t)
cdef void prefetch_row(Py_ssize_t start, Py_ssize_t stop, const index[::1] indices, const real[::1] data) noexcept nogil

cdef double shrink(double v, double due) noexcept nogil

@cython.locals(j=Py_ssize_t, z=double)
cdef double decision(
    Py_ssize_t start, Py_ssize_t stop, const index[::1] indices, const real[::1] data, const real[:, ::1] weights
) noexcept nogil

@cython.locals(j=Py_ssize_t, f=Py_ssize_t, z=double, paid=real)
cdef double decision_paying(
    Py_ssize_t start, Py_ssize_t stop, const index[::1] indices, const real[::1] data, real[:, ::1] weights, double owed
) noexcept nogil

@cython.locals(j=Py_ssize_t, f=Py_ssize_t, k=Py_ssize_t, paid=real, due=real)
cdef void pay_row(
    Py_ssize_t start, Py_ssize_t stop, const index[::1] indices, real[:, ::1] weights, Py_ssize_t n_outputs, double owed
) noexcept nogil

@cython.locals(n_outputs=Py_ssize_t, j=Py_ssize_t, f=Py_ssize_t, k=Py_ssize_t, x=real)
cdef void decisions(
    Py_ssize_t start, Py_ssize_t stop, const index[::1] indices, const real[::1] data, const real[:, ::1] weights,
    real[::1] scores,
) noexcept nogil

@cython.locals(k=Py_ssize_t, checked=double)
cdef double scale_scores(real[::1] scores, double scale, const double[::1] intercept) noexcept nogil

@cython.locals(checked=double, true_score=double, normalizer=double)
cdef double softmax_error(
    Py_ssize_t start, Py_ssize_t stop, const index[::1] indices, const real[::1] data, Py_ssize_t label,
    const real[:, ::1] weights, double scale, const double[::1] intercept, real[::1] scores,
) noexcept nogil

@cython.locals(j=Py_ssize_t)
cdef void subtract(
    Py_ssize_t start, Py_ssize_t stop, const index[::1] indices, const real[::1] data, double step, real[:, ::1] weights
) noexcept nogil

@cython.locals(n_outputs=Py_ssize_t, j=Py_ssize_t, f=Py_ssize_t, k=Py_ssize_t, x=real)
cdef void subtract_outer(
    Py_ssize_t start, Py_ssize_t stop, const index[::1] indices, const real[::1] data, const real[::1] errors,
    real[:, ::1] weights,
) noexcept nogil

@cython.locals(scale=double, owed=double, due=double, lazy=bint, f=Py_ssize_t, k=Py_ssize_t)
cdef void settle(real[:, ::1] weights, Py_ssize_t n_outputs, double[::1] clock) noexcept nogil

@cython.locals(scale=double, owed=double, due=double, lazy=bint, n_outputs=Py_ssize_t, f=Py_ssize_t, k=Py_ssize_t)
cdef void settled(const real[:, ::1] weights, const double[::1] clock, real[:, ::1] out) noexcept nogil

cdef void penalize(
    real[:, ::1] weights, Py_ssize_t n_outputs, double[::1] clock, double l1, double l2, double smallest_scale,
    double largest,
) noexcept nogil
