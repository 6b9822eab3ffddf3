cimport cython
from fastlr.kernels._compiled.types cimport real

cdef extern from "math.h":
    cpdef double exp(double x) noexcept nogil
    cpdef double log(double x) noexcept nogil
    cpdef double log1p(double x) noexcept nogil

@cython.locals(e=double)
cdef double sigmoid(double z) noexcept nogil
cdef double logistic_error(double z, Py_ssize_t label) noexcept nogil
cdef double logistic_loss(double z, Py_ssize_t label) noexcept nogil

@cython.locals(n_classes=Py_ssize_t, k=Py_ssize_t, top=double, total=double, e=double, inverse=double)
cdef double softmax(real[::1] scores) noexcept nogil
