cimport cython
from fastlr.kernels._compiled.lazy cimport decision, decisions, scale_scores
from fastlr.kernels._compiled.types cimport index, real

@cython.locals(n_outputs=Py_ssize_t, row=Py_ssize_t)
cdef void decision_function(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const real[:, ::1] weights,
    const double[::1] intercept, Py_ssize_t start, Py_ssize_t stop, real[:, ::1] out,
) noexcept nogil

@cython.locals(row=Py_ssize_t, first=Py_ssize_t, last=Py_ssize_t, j=Py_ssize_t, norm=double, x=double)
cdef void squared_norms(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, Py_ssize_t start, Py_ssize_t stop,
    double[::1] out,
) noexcept nogil
