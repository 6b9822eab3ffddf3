# The types that the compiled kernels are specialised for, and what the C compiler supplies to them.
cdef extern from *:
    """
    #if defined(__GNUC__) || defined(__clang__)
    #define fastlr_prefetch(p) __builtin_prefetch(p)
    #else
    #define fastlr_prefetch(p) ((void)(p))
    #endif
    """
    void fastlr_prefetch(const void *p) noexcept nogil

cdef extern from "math.h":
    bint isfinite(double x) noexcept nogil  # a macro, so the sources cannot import it from math as they do exp

ctypedef fused real:
    float
    double

ctypedef fused index:
    int
    long long

ctypedef fused item:
    int
    long long
    float
    double

cdef inline void prefetch(const item[::1] array, Py_ssize_t i) noexcept nogil:
    fastlr_prefetch(&array[i])
