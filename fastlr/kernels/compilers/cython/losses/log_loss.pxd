# C types of the functions of ../../../sources/losses/log_loss.py.

cdef double margin_term(double margin) noexcept nogil

cdef double term_derivative(double sign, double term) noexcept nogil

cdef bint is_factor(double term) noexcept nogil

cdef double beside_factor(double margin) noexcept nogil

cdef double binary_loss(double z, Py_ssize_t label) noexcept nogil

@cython.locals(sign=double)
cdef double binary_derivative(double z, Py_ssize_t label) noexcept nogil

cdef double binary_curvature(double factor, double derivative) noexcept nogil

@cython.locals(true_score=double, normalizer=double)
cdef double multiclass_derivatives(Py_ssize_t label, real[::1] scores) noexcept nogil

@cython.locals(k=Py_ssize_t, mean=double, square=double)
cdef void multiclass_along(Py_ssize_t label, double[::1] scores, const double[::1] moves) noexcept nogil

@cython.locals(e=double, small=double, large=double)
cdef double binary_dual(double z, Py_ssize_t label, double[::1] p) noexcept nogil

@cython.locals(true_score=double, top=double, own=double, others=double, total=double)
cdef double multiclass_dual(Py_ssize_t label, double[::1] scores) noexcept nogil

@cython.locals(i=Py_ssize_t, z=double, e=double, small=double, large=double)
cdef void probabilities_binary(double[::1] p, Py_ssize_t start, Py_ssize_t stop) noexcept nogil

@cython.locals(i=Py_ssize_t)
cdef void probabilities_softmax(double[:, ::1] p, Py_ssize_t start, Py_ssize_t stop) noexcept nogil

@cython.locals(i=Py_ssize_t, z=double, rest=double)
cdef void log_probabilities_binary(double[::1] p, Py_ssize_t start, Py_ssize_t stop) noexcept nogil

@cython.locals(
    i=Py_ssize_t, row=double[::1], best=Py_ssize_t, k=Py_ssize_t, top=double, others=double, rest=double,
)
cdef void log_probabilities_softmax(double[:, ::1] p, Py_ssize_t start, Py_ssize_t stop) noexcept nogil

cdef inline double conjugate(double p) noexcept nogil

@cython.locals(lack=double)
cdef double binary_dual_gap(double s, double margin, double dual, double log_odds) noexcept nogil

@cython.locals(
    old=double, odds=double, low=double, high=double, u=double, _=Py_ssize_t, value=double, step=double, e=double,
)
cdef double binary_dual_step(double margin, double q, double[::1] duals, Py_ssize_t place) noexcept nogil

@cython.locals(n_classes=Py_ssize_t, lead=double, normalizer=double, k=Py_ssize_t)
cdef void multiclass_dual_start(
    Py_ssize_t label, double q, const real[::1] scores, const double[::1] intercept, double[::1] old,
    double[::1] log_p, double[::1] p,
) noexcept nogil

@cython.locals(k=Py_ssize_t, mean=double, square=double, z=double, lack=double)
cdef double multiclass_dual_gap(
    double s, double q, const real[::1] scores, const double[::1] intercept, const double[::1] old,
    const double[::1] log_p, double[::1] target,
) noexcept nogil

@cython.locals(
    n_classes=Py_ssize_t, k=Py_ssize_t, _=Py_ssize_t, share=double, nu=double, total=double, step=double, v=double,
    shift=double, inverse=double,
)
cdef void multiclass_dual_step(
    Py_ssize_t n_steps, double q, double[::1] log_p, double[::1] p, const double[::1] target, double[::1] shares,
    double[::1] terms,
) noexcept nogil
