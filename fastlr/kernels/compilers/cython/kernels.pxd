# C types of the functions of ../../sources/*.py; those of a loss are in losses/. generate.py joins the sources, and these
# types, into one extension module: in one unit of C the compiler can inline what a row needs. (Memoryviews are structs
# of 208 bytes, passed by value.)
cimport cython

ctypedef unsigned long long uint64

cdef extern from *:
    """
    #if defined(__GNUC__) || defined(__clang__)
    /* The empty statement keeps GCC from taking a function that does nothing else for pure, and dropping its calls. */
    #define fastlr_prefetch(p) do { __builtin_prefetch(p); __asm__ volatile(""); } while (0)
    #else
    #define fastlr_prefetch(p) ((void)(p))
    #endif
    #include <stdint.h>
    #include <string.h>
    static inline uint64_t fastlr_bits_of(double x) {
        uint64_t bits;
        memcpy(&bits, &x, 8);
        return bits;
    }
    static inline double fastlr_float_of(uint64_t bits) {
        double x;
        memcpy(&x, &bits, 8);
        return x;
    }
    /* Eight numbers. Compilers hold these members in registers, and make vectors of them; of an array they would not. */
    typedef struct { double a, b, c, d, e, f, g, h; } fastlr_lanes;
    static inline double fastlr_lane(fastlr_lanes x, int k) {
        return k < 4 ? (k < 2 ? (k ? x.b : x.a) : k < 3 ? x.c : x.d) : k < 6 ? (k < 5 ? x.e : x.f) : k < 7 ? x.g : x.h;
    }
    #define FASTLR_LANES(OF, x, y) { \\
        OF(x.a, y.a), OF(x.b, y.b), OF(x.c, y.c), OF(x.d, y.d), OF(x.e, y.e), OF(x.f, y.f), OF(x.g, y.g), OF(x.h, y.h) \\
    }
    #define FASTLR_ADD(x, y) x + y
    #define FASTLR_MULTIPLY(x, y) x * y
    #define FASTLR_LARGER(x, y) x > y ? x : y
    static inline fastlr_lanes fastlr_add_lanes(fastlr_lanes x, fastlr_lanes y) {
        fastlr_lanes z = FASTLR_LANES(FASTLR_ADD, x, y);
        return z;
    }
    static inline fastlr_lanes fastlr_multiply_lanes(fastlr_lanes x, fastlr_lanes y) {
        fastlr_lanes z = FASTLR_LANES(FASTLR_MULTIPLY, x, y);
        return z;
    }
    static inline fastlr_lanes fastlr_larger_lanes(fastlr_lanes x, fastlr_lanes y) {
        fastlr_lanes z = FASTLR_LANES(FASTLR_LARGER, x, y);
        return z;
    }
    /* Eight bytes as one number, the first byte lowest. */
    static inline unsigned long long fastlr_load_word(const unsigned char *p) {
        uint64_t word;
    #if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        word = 0;
        for (int k = 7; k >= 0; k--) word = word << 8 | p[k];
    #else
        memcpy(&word, p, 8);
    #endif
        return word;
    }
    static inline void fastlr_store_word(unsigned char *p, unsigned long long word) {
    #if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        for (int k = 0; k < 8; k++) p[k] = (unsigned char)(word >> 8 * k);
    #else
        uint64_t bytes = word;
        memcpy(p, &bytes, 8);
    #endif
    }
    /* The number of zeros below the lowest bit that is set; x is not 0. */
    static inline int fastlr_trailing_zeros(unsigned long long x) {
    #if defined(__GNUC__) || defined(__clang__)
        return __builtin_ctzll(x);
    #else
        int n = 0;
        for (int k = 32; k; k >>= 1)
            if (!(x << (64 - k - n))) n += k;
        return n;
    #endif
    }
    """
    void fastlr_prefetch(const void *p) noexcept nogil
    uint64 bits_of "fastlr_bits_of"(double x) noexcept nogil
    double float_of "fastlr_float_of"(uint64 bits) noexcept nogil
    unsigned long long fastlr_load_word(const unsigned char *p) noexcept nogil
    void fastlr_store_word(unsigned char *p, uint64 word) noexcept nogil
    ctypedef struct lanes "fastlr_lanes":
        double a, b, c, d, e, f, g, h
    double lane "fastlr_lane"(lanes x, int k) noexcept nogil
    lanes add_lanes "fastlr_add_lanes"(lanes x, lanes y) noexcept nogil
    lanes multiply_lanes "fastlr_multiply_lanes"(lanes x, lanes y) noexcept nogil
    lanes larger_lanes "fastlr_larger_lanes"(lanes x, lanes y) noexcept nogil
    Py_ssize_t trailing_zeros "fastlr_trailing_zeros"(uint64 x) noexcept nogil

cdef extern from "math.h":
    bint isfinite(double x) noexcept nogil  # a macro, so the sources cannot import it from math as they do sqrt

ctypedef fused real:
    float
    double

ctypedef fused index:
    int
    long long

ctypedef fused item:
    int
    long long
    unsigned long long
    float
    double

cdef inline void prefetch(const item[::1] array, Py_ssize_t i) noexcept nogil:
    fastlr_prefetch(&array[i])

cdef inline void prefetch_row(const real[:, ::1] array, Py_ssize_t i, Py_ssize_t k) noexcept nogil:
    fastlr_prefetch(&array[i, k])

cdef inline lanes lanes_of(const real[::1] x, Py_ssize_t i) noexcept nogil:
    cdef lanes eight
    eight.a = x[i]
    eight.b = x[i + 1]
    eight.c = x[i + 2]
    eight.d = x[i + 3]
    eight.e = x[i + 4]
    eight.f = x[i + 5]
    eight.g = x[i + 6]
    eight.h = x[i + 7]
    return eight

cdef inline real rounded(double x, const real[:, ::1] like) noexcept nogil:
    return <real>x

cdef inline uint64 u64(uint64 x) noexcept nogil:
    return x

cdef inline Py_ssize_t as_index(uint64 x) noexcept nogil:
    return <Py_ssize_t>x

cdef inline uint64 load_word(const unsigned char[::1] array, Py_ssize_t i) noexcept nogil:
    return fastlr_load_word(&array[i])

cdef inline void store_word(unsigned char[::1] array, Py_ssize_t i, uint64 word) noexcept nogil:
    fastlr_store_word(&array[i], word)

cdef inline Py_ssize_t truncated(double x) noexcept nogil:
    return <Py_ssize_t>x

cdef inline Py_ssize_t unsigned(Py_ssize_t i) noexcept nogil:
    return i

cdef extern from "math.h":
    double copysign(double x, double y) noexcept nogil
    double fabs(double x) noexcept nogil
    double sqrt(double x) noexcept nogil

# elementary.py

@cython.locals(
    n=double, r=double, r2=double, r4=double, low=double, middle=double, high=double, p=double,
    power=double,
)
cdef inline double exp(double x) noexcept nogil

cdef double log(double x) noexcept nogil

@cython.locals(
    bits=uint64, exponent=uint64, f=double, k=double, s=double, z=double, z2=double, low=double, high=double,
    rest=double,
)
cdef inline double log_of_normal(double x, double n_doublings) noexcept nogil

@cython.locals(
    s=double, z=double, z2=double, z4=double, a=double, b=double, c=double, d=double,
)
cdef inline double log1p(double x) noexcept nogil

# lanes.py

cdef inline double total_of_lanes(lanes x) noexcept nogil

@cython.locals(rest=Py_ssize_t, k=Py_ssize_t, last=double, sums=lanes)
cdef inline double total_of(const real[::1] x, Py_ssize_t n) noexcept nogil

@cython.locals(n=Py_ssize_t, rest=Py_ssize_t, k=Py_ssize_t, last=double, sums=lanes)
cdef double dot(const double[::1] x, const double[::1] y) noexcept nogil

@cython.locals(rest=Py_ssize_t, k=Py_ssize_t, last=double, v=double, eight=lanes, sums=lanes)
cdef inline double squares_of(const real[::1] x, Py_ssize_t start, Py_ssize_t stop) noexcept nogil

cdef inline double larger(double x, double y) noexcept nogil

@cython.locals(n=Py_ssize_t, rest=Py_ssize_t, k=Py_ssize_t, last=double, top=lanes, even=double, odd=double)
cdef inline double largest_of(const real[::1] x) noexcept nogil

# softmax.py

@cython.locals(k=Py_ssize_t, top=double)
cdef inline double exponentials(real[::1] scores) noexcept nogil

@cython.locals(k=Py_ssize_t)
cdef inline void multiply(real[::1] x, double factor) noexcept nogil

@cython.locals(top=double, total=double)
cdef double softmax(real[::1] scores) noexcept nogil

# lazy_penalty.py

cdef bint owes(const real[:, ::1] weights, Py_ssize_t n_outputs, const double[::1] clock) noexcept nogil

@cython.locals(n_rows=Py_ssize_t, row=Py_ssize_t, j=Py_ssize_t)
cdef void prefetch_ahead(
    Py_ssize_t i, const Py_ssize_t[::1] order, const index[::1] indptr, const index[::1] indices,
    const real[::1] data, const int[::1] labels,
) noexcept nogil

@cython.locals(top=real)
cdef real shrink(real v, real due) noexcept nogil

@cython.locals(rest=Py_ssize_t, a=double, b=double, c=double, d=double, j=Py_ssize_t, z=double)
cdef double decision(
    Py_ssize_t start, Py_ssize_t stop, const index[::1] indices, const real[::1] data, const real[:, ::1] weights
) noexcept nogil

@cython.locals(j=Py_ssize_t, f=Py_ssize_t, z=double)
cdef double decision_due(
    Py_ssize_t start, Py_ssize_t stop, const index[::1] indices, const real[::1] data, const real[:, ::1] weights,
    real owed,
) noexcept nogil

@cython.locals(k=Py_ssize_t)
cdef void prefetch_weights(const real[:, ::1] weights, Py_ssize_t feature, Py_ssize_t n_outputs) noexcept nogil

@cython.locals(
    n_outputs=Py_ssize_t, rest=Py_ssize_t, i=Py_ssize_t, j=Py_ssize_t, k=Py_ssize_t, f0=Py_ssize_t, f1=Py_ssize_t,
    f2=Py_ssize_t, f3=Py_ssize_t, x0=real, x1=real, x2=real, x3=real,
)
cdef void decisions(
    Py_ssize_t start, Py_ssize_t stop, const index[::1] indices, const real[::1] data, const real[:, ::1] weights,
    real[::1] scores,
) noexcept nogil

@cython.locals(
    n_outputs=Py_ssize_t, rest=Py_ssize_t, j=Py_ssize_t, k=Py_ssize_t, f0=Py_ssize_t, f1=Py_ssize_t, x0=real, x1=real,
    due0=real, due1=real,
)
cdef void decisions_due(
    Py_ssize_t start, Py_ssize_t stop, const index[::1] indices, const real[::1] data, const real[:, ::1] weights,
    real owed, real[::1] scores,
) noexcept nogil

@cython.locals(checked=double, k=Py_ssize_t)
cdef double softmax_error(
    Py_ssize_t label, double scale, const double[::1] intercept, real[::1] scores
) noexcept nogil

@cython.locals(j=Py_ssize_t)
cdef void subtract(
    Py_ssize_t start, Py_ssize_t stop, const index[::1] indices, const real[::1] data, real step, real[:, ::1] weights
) noexcept nogil

@cython.locals(j=Py_ssize_t, f=Py_ssize_t)
cdef void subtract_paying(
    Py_ssize_t start, Py_ssize_t stop, const index[::1] indices, const real[::1] data, real step,
    real[:, ::1] weights, real owed,
) noexcept nogil

@cython.locals(n_outputs=Py_ssize_t, j=Py_ssize_t, f=Py_ssize_t, k=Py_ssize_t, x=real)
cdef void subtract_outer(
    Py_ssize_t start, Py_ssize_t stop, const index[::1] indices, const real[::1] data, const real[::1] errors,
    real[:, ::1] weights,
) noexcept nogil

@cython.locals(n_outputs=Py_ssize_t, j=Py_ssize_t, f=Py_ssize_t, k=Py_ssize_t, x=real, due=real)
cdef void subtract_outer_paying(
    Py_ssize_t start, Py_ssize_t stop, const index[::1] indices, const real[::1] data, const real[::1] errors,
    real[:, ::1] weights, real owed,
) noexcept nogil

@cython.locals(scale=double, owed=real, due=real, f=Py_ssize_t, k=Py_ssize_t)
cdef void settle(real[:, ::1] weights, Py_ssize_t n_outputs, double[::1] clock) noexcept nogil

@cython.locals(
    scale=double, owed=real, due=real, n_outputs=Py_ssize_t, f=Py_ssize_t, k=Py_ssize_t,
)
cdef void settled(const real[:, ::1] weights, const double[::1] clock, real[:, ::1] out) noexcept nogil

# averaging.py

@cython.locals(zero=real)
cdef real sign(real v, real one) noexcept nogil

@cython.locals(
    target=double, low=Py_ssize_t, high=Py_ssize_t, share=double, slope=double, root=double, step=Py_ssize_t,
    middle=Py_ssize_t,
)
cdef double before_zero(
    real v, real paid, const double[:, ::1] history, Py_ssize_t n_history
) noexcept nogil

cdef double iterates_sum(
    real v, real paid, real owed, const double[::1] clock, const double[:, ::1] history,
    Py_ssize_t n_history,
) noexcept nogil

@cython.locals(away=real, j=Py_ssize_t, f=Py_ssize_t, x=real)
cdef void subtract_averaging(
    Py_ssize_t start, Py_ssize_t stop, const index[::1] indices, const real[::1] data, real step, real[:, ::1] weights,
    real reach,
) noexcept nogil

@cython.locals(
    one=real, j=Py_ssize_t, f=Py_ssize_t, v=real, paid=real, part=real, old=real, moved=real, new=real,
)
cdef void subtract_averaging_paying(
    Py_ssize_t start, Py_ssize_t stop, const index[::1] indices, const real[::1] data, real step, real[:, ::1] weights,
    real owed, real reach, real debt, const double[:, ::1] history, Py_ssize_t n_history,
) noexcept nogil

@cython.locals(
    n_outputs=Py_ssize_t, first=Py_ssize_t, one=real, j=Py_ssize_t, f=Py_ssize_t, x=real, paid=real, due=real,
    n_gone=int, k=Py_ssize_t, v=real, old=real, moved=real, new=real,
)
cdef void subtract_outer_averaging_paying(
    Py_ssize_t start, Py_ssize_t stop, const index[::1] indices, const real[::1] data, const real[::1] errors,
    real[:, ::1] weights, real owed, real reach, real debt, const double[:, ::1] history, Py_ssize_t n_history,
) noexcept nogil

@cython.locals(n_outputs=Py_ssize_t, owed=real, reach=real, debt=real, k=Py_ssize_t)
cdef void subtract_row(
    Py_ssize_t start, Py_ssize_t stop, const index[::1] indices, const real[::1] data, const real[::1] errors,
    real[:, ::1] weights, const double[::1] clock, const long long[::1] counts, const double[:, ::1] history,
    real[::1] moves,
) noexcept nogil

@cython.locals(k=Py_ssize_t, n_history=Py_ssize_t, middle=Py_ssize_t, share=double, rise=double)
cdef bint count_iterate(
    double step, const double[::1] intercept, double[::1] clock, long long[::1] counts, double[:, ::1] history
) noexcept nogil

@cython.locals(
    owed=real, first=Py_ssize_t, paid=real, v=real, f=Py_ssize_t, k=Py_ssize_t,
)
cdef void settle_averaging(
    real[:, ::1] weights, Py_ssize_t n_outputs, double[::1] clock, long long[::1] counts, const double[:, ::1] history
) noexcept nogil

@cython.locals(
    owed=real, n_outputs=Py_ssize_t, first=Py_ssize_t, v=real, total=double, f=Py_ssize_t, k=Py_ssize_t,
)
cdef void averaged(
    const real[:, ::1] weights, const double[::1] clock, const long long[::1] counts, const double[:, ::1] history,
    real[:, ::1] out,
) noexcept nogil

cdef void settle_all(
    real[:, ::1] weights, Py_ssize_t n_outputs, double[::1] clock, long long[::1] counts, const double[:, ::1] history
) noexcept nogil

# sgd.py

@cython.locals(
    n_outputs=Py_ssize_t, full=bint, weighted=bint, lazy=bint, scale=double, owed=double, total=double, bias=double,
    n_steps=Py_ssize_t, s=double, i=Py_ssize_t, row=Py_ssize_t, first=Py_ssize_t, last=Py_ssize_t, z=double,
    eta=double, error=double, step=double, product=double, sign=double, margin=double, term=double,
)
cdef Py_ssize_t sgd_binary(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, const double[::1] rates, Py_ssize_t start,
    Py_ssize_t stop, double l1, double l2, double intercept_rate, double limit, double smallest_scale, double largest,
    bint track_loss, real[:, ::1] weights, double[::1] intercept, double[::1] clock, long long[::1] counts,
    double[:, ::1] history,
) noexcept nogil

@cython.locals(
    full=bint, weighted=bint, lazy=bint, n_outputs=Py_ssize_t, scale=double, owed=double, total=double,
    n_steps=Py_ssize_t, s=double, i=Py_ssize_t, k=Py_ssize_t, row=Py_ssize_t, first=Py_ssize_t, last=Py_ssize_t,
    loss=double, eta=double, step=double,
)
cdef Py_ssize_t sgd_softmax(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, const double[::1] rates, Py_ssize_t start,
    Py_ssize_t stop, double l1, double l2, double intercept_rate, double limit, double smallest_scale, double largest,
    real[:, ::1] weights, double[::1] intercept, double[::1] clock, long long[::1] counts, double[:, ::1] history,
    real[::1] scores, real[::1] moves,
) noexcept nogil

# minibatch.py

@cython.locals(
    weighted=bint, lazy=bint, scale=double, owed=real, s=double, i=Py_ssize_t, row=Py_ssize_t, z=double,
    total=double, product=double, sign=double, margin=double, term=double,
)
cdef bint errors_binary(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, Py_ssize_t begin, Py_ssize_t start, Py_ssize_t stop,
    bint track_loss, const real[:, ::1] weights, const double[::1] intercept, double[::1] clock, real[:, ::1] errors,
) noexcept nogil

@cython.locals(
    weighted=bint, lazy=bint, scale=double, owed=real, s=double, i=Py_ssize_t, row=Py_ssize_t, scores=real[::1],
    loss=double,
)
cdef bint errors_softmax(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, Py_ssize_t begin, Py_ssize_t start, Py_ssize_t stop,
    const real[:, ::1] weights, const double[::1] intercept, double[::1] clock, real[:, ::1] errors,
) noexcept nogil

@cython.locals(
    n_outputs=Py_ssize_t, full=bint, weighted=bint, lazy=bint, scale=double, owed=real, s=double, total=double,
    i=Py_ssize_t, k=Py_ssize_t, row=Py_ssize_t, first=Py_ssize_t, last=Py_ssize_t, eta=double, step=double,
)
cdef bint update(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const double[::1] sample_weight,
    const Py_ssize_t[::1] order, Py_ssize_t begin, Py_ssize_t end, double rate, double l1, double l2,
    double intercept_rate, double limit, double smallest_scale, double largest, real[:, ::1] weights,
    double[::1] intercept, double[::1] clock, long long[::1] counts, double[:, ::1] history, real[:, ::1] errors,
    real[::1] moves,
) noexcept nogil

@cython.locals(
    batch_size=Py_ssize_t, n_outputs=Py_ssize_t, n_steps=Py_ssize_t, begin=Py_ssize_t, end=Py_ssize_t, finite=bint,
)
cdef Py_ssize_t minibatches(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, const double[::1] rates, Py_ssize_t start,
    Py_ssize_t stop, double l1, double l2, double intercept_rate, double limit, double smallest_scale, double largest,
    bint track_loss, real[:, ::1] weights, double[::1] intercept, double[::1] clock, long long[::1] counts,
    double[:, ::1] history, real[:, ::1] errors, real[::1] moves,
) noexcept nogil

# batch_gradient.py

@cython.locals(
    weighted=bint, s=double, i=Py_ssize_t, row=Py_ssize_t, z=double, error=double,
)
cdef bint accumulate_binary(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, Py_ssize_t start, Py_ssize_t stop, bint track_loss,
    const real[:, ::1] weights, const double[::1] intercept, double[::1] clock, real[:, ::1] gradient,
    double[::1] intercept_gradient,
) noexcept nogil

@cython.locals(
    weighted=bint, s=double, i=Py_ssize_t, k=Py_ssize_t, row=Py_ssize_t, first=Py_ssize_t, last=Py_ssize_t,
    loss=double,
)
cdef bint accumulate_softmax(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, Py_ssize_t start, Py_ssize_t stop,
    const real[:, ::1] weights, const double[::1] intercept, double[::1] clock, real[:, ::1] gradient,
    double[::1] intercept_gradient, real[::1] scores,
) noexcept nogil

@cython.locals(f=Py_ssize_t, k=Py_ssize_t, norm=double, w=double, g=double)
cdef double gradient_norm(
    const real[:, ::1] weights, const real[:, ::1] gradient, double total, double l1, double l2
) noexcept nogil

@cython.locals(scale=double, f=Py_ssize_t, k=Py_ssize_t)
cdef void proximal_step(
    real[:, ::1] weights, double[::1] intercept, double[::1] clock, long long[::1] counts, double[:, ::1] history,
    const real[:, ::1] gradient, const double[::1] intercept_gradient, double step, double intercept_step, double l1, double l2,
) noexcept nogil

# row_products.py

@cython.locals(row=Py_ssize_t)
cdef void scores_binary(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const real[:, ::1] weights,
    const double[::1] intercept, Py_ssize_t start, Py_ssize_t stop, real[:, ::1] out,
) noexcept nogil

@cython.locals(row=Py_ssize_t, k=Py_ssize_t)
cdef void scores_softmax(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const real[:, ::1] weights,
    const double[::1] intercept, Py_ssize_t start, Py_ssize_t stop, real[:, ::1] out,
) noexcept nogil

@cython.locals(row=Py_ssize_t, first=Py_ssize_t, last=Py_ssize_t, j=Py_ssize_t, norm=double, repeats=bint)
cdef void squared_norms(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, Py_ssize_t start, Py_ssize_t stop,
    int[::1] places, double[::1] out,
) noexcept nogil

@cython.locals(n_outputs=Py_ssize_t, row=Py_ssize_t, j=Py_ssize_t, f=Py_ssize_t, k=Py_ssize_t, x=double)
cdef void add_transposed(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const double[:, ::1] factors,
    Py_ssize_t start, Py_ssize_t stop, double[:, ::1] out,
) noexcept nogil

# sdca.py

@cython.locals(z=double, j=Py_ssize_t)
cdef double decision_thresholded(
    Py_ssize_t start, Py_ssize_t stop, const index[::1] indices, const real[::1] data, const real[:, ::1] sums,
    real threshold,
) noexcept nogil

@cython.locals(n_outputs=Py_ssize_t, j=Py_ssize_t, f=Py_ssize_t, k=Py_ssize_t, x=real)
cdef void decisions_thresholded(
    Py_ssize_t start, Py_ssize_t stop, const index[::1] indices, const real[::1] data, const real[:, ::1] sums,
    real threshold, real[::1] scores,
) noexcept nogil

@cython.locals(
    weighted=bint, bias=double, s=double, i=Py_ssize_t, row=Py_ssize_t, first=Py_ssize_t, last=Py_ssize_t, sign=double,
    margin=double, old=double, move=double, z=double,
)
cdef void sdca_binary(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, Py_ssize_t start, Py_ssize_t stop,
    const double[::1] curvature, double inverse_l2, double threshold, double pull, double[::1] duals,
    real[:, ::1] sums, double[::1] intercept, double[::1] residual, double[::1] lacks,
) noexcept nogil

@cython.locals(
    weighted=bint, n_classes=Py_ssize_t, s=double, i=Py_ssize_t, k=Py_ssize_t, row=Py_ssize_t, first=Py_ssize_t,
    last=Py_ssize_t, label=Py_ssize_t, place=Py_ssize_t, old=double[::1], log_p=double[::1], p=double[::1],
    target=double[::1], q=double, n_steps=Py_ssize_t, e=double, v=double, move=double,
)
cdef void sdca_softmax(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, Py_ssize_t start, Py_ssize_t stop,
    Py_ssize_t n_newton, const double[::1] curvature, double inverse_l2, double threshold, double pull, double[::1] logs,
    real[:, ::1] sums, double[::1] intercept, double[::1] residual, double[::1] lacks, real[::1] scores,
    double[:, ::1] scratch,
) noexcept nogil

# duality.py

@cython.locals(n_classes=Py_ssize_t, k=Py_ssize_t, m=Py_ssize_t, x=double)
cdef void add_row(double s, const double[::1] p, double[::1] mass, double[:, ::1] product) noexcept nogil

@cython.locals(weighted=bint, total=double, s=double, i=Py_ssize_t)
cdef double losses_binary(
    const real[:, ::1] scores, const double[::1] intercept, const int[::1] labels, const double[::1] sample_weight,
    Py_ssize_t start, Py_ssize_t stop, double[:, ::1] p, double[::1] mass, double[:, ::1] product,
) noexcept nogil

@cython.locals(
    weighted=bint, n_outputs=Py_ssize_t, total=double, s=double, i=Py_ssize_t, row=double[::1], k=Py_ssize_t,
)
cdef double losses_softmax(
    const real[:, ::1] scores, const double[::1] intercept, const int[::1] labels, const double[::1] sample_weight,
    Py_ssize_t start, Py_ssize_t stop, double[:, ::1] p, double[::1] mass, double[:, ::1] product,
) noexcept nogil

@cython.locals(weighted=bint, s=double, i=Py_ssize_t, freed=double)
cdef void balance_binary(
    const int[::1] labels, const double[::1] sample_weight, Py_ssize_t start, Py_ssize_t stop,
    const double[::1] take, const double[::1] give, double[:, ::1] p, double[:, ::1] factors,
) noexcept nogil

@cython.locals(
    weighted=bint, n_classes=Py_ssize_t, s=double, i=Py_ssize_t, label=Py_ssize_t,
    row=double[::1], freed=double, k=Py_ssize_t, own=double, rest=double,
)
cdef void balance_softmax(
    const int[::1] labels, const double[::1] sample_weight, Py_ssize_t start, Py_ssize_t stop,
    const double[::1] take, const double[::1] give, double[:, ::1] p, double[:, ::1] factors,
) noexcept nogil

@cython.locals(
    weighted=bint, n_classes=Py_ssize_t, n_rows=Py_ssize_t, total=double, s=double, begin=Py_ssize_t, end=Py_ssize_t,
    n=Py_ssize_t, i=Py_ssize_t, j=Py_ssize_t, k=Py_ssize_t, h=double,
)
cdef double mixed_entropy(
    const int[::1] labels, const double[::1] sample_weight, Py_ssize_t start, Py_ssize_t stop, double share,
    const double[:, ::1] p, double[::1] scratch,
) noexcept nogil

# coordinate_descent.py

@cython.locals(
    i=Py_ssize_t, f=Py_ssize_t, first=Py_ssize_t, last=Py_ssize_t, w=double, g=double, j=Py_ssize_t, r=Py_ssize_t, a=double,
    h=double, new=double, step=double,
)
cdef void sweep_binary(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const Py_ssize_t[::1] features,
    Py_ssize_t start, Py_ssize_t stop, double l1, double l2, const double[:, ::1] gradient,
    double[:, ::1] curvature, double[:, ::1] weights, double[::1] state,
) noexcept nogil

@cython.locals(
    n_classes=Py_ssize_t, g=double[::1], step=double[::1], i=Py_ssize_t, f=Py_ssize_t, first=Py_ssize_t, last=Py_ssize_t,
    k=Py_ssize_t, j=Py_ssize_t, row=Py_ssize_t, x=double, share=double, center=double, square=double, w=double, a=double,
    q=double, new=double, change=double,
)
cdef void sweep_softmax(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const Py_ssize_t[::1] features,
    Py_ssize_t start, Py_ssize_t stop, double l1, double l2, const double[:, ::1] gradient,
    double[:, ::1] curvature, double[:, ::1] weights, const double[::1] s,
    const double[:, ::1] p, double[:, ::1] moved, double[::1] mean, double[:, ::1] scratch,
) noexcept nogil

# adaptive.py

cdef double strength(double s, double r, double inverse_eta0) noexcept nogil

cdef double weight(double z, double held, double due_l1) noexcept nogil

@cython.locals(n_outputs=Py_ssize_t, k=Py_ssize_t, z=double, checked=double)
cdef double row_loss(Py_ssize_t label, const double[::1] scores, double[::1] errors) noexcept nogil

@cython.locals(
    n_outputs=Py_ssize_t, k=Py_ssize_t, hold=double, low=double, high=double, t=double, _=Py_ssize_t, slope=double,
    curvature=double, new=double, change=double,
)
cdef double shortened(
    Py_ssize_t label, double s, const double[::1] scores, const double[::1] errors, double[::1] reach,
    double[::1] scratch,
) noexcept nogil

@cython.locals(
    move=double, hold=double, low=double, high=double, t=double, _=Py_ssize_t, e=double, slope=double,
    curvature=double, new=double, change=double,
)
cdef double shortened_binary(Py_ssize_t label, double s, double z, double error, double reach) noexcept nogil

@cython.locals(
    weighted=bint, inverse_eta0=double, rate=real, floor=real, zero=real, one=real, due_l1=double, due_l2=double,
    losses=double, n_steps=Py_ssize_t, s=double, i=Py_ssize_t, first=Py_ssize_t, n=Py_ssize_t, held_l1=real,
    held_l2=real, j=Py_ssize_t, f=Py_ssize_t, largest=real, held=real, spread=double, score=double, x=real, unseen=real,
    bias=double, label=Py_ssize_t, error=double, square=double, growth=real, reach=double, root=double, step=real,
    before=real,
)
cdef Py_ssize_t adaptive_binary(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, Py_ssize_t start, Py_ssize_t stop, double l1,
    double l2, double eta0, bint proximal, bint fit_intercept, bint track_loss, real[:, ::1] state,
    double[:, ::1] intercept, double[::1] clock, real[:, ::1] row,
) noexcept nogil

@cython.locals(
    n_outputs=Py_ssize_t, weighted=bint, inverse_eta0=double, rate=real, floor=real, zero=real, scores=double[::1],
    errors=double[::1], reach=double[::1], biases=double[::1], bias_roots=double[::1], moves=real[::1],
    squares=real[::1], spans=real[::1], s=double, i=Py_ssize_t, row=Py_ssize_t, first=Py_ssize_t, last=Py_ssize_t,
    due_l1=real, due_l2=real, spread=double, k=Py_ssize_t, j=Py_ssize_t, f=Py_ssize_t, x=real, largest=real, slope=real,
    held=real, w=real, loss=double, square=real, r=real, before=real, slope_before=real, grown=real, t=double, z=double,
)
cdef Py_ssize_t adaptive_rows(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, Py_ssize_t start, Py_ssize_t stop, double l1,
    double l2, double eta0, bint proximal, bint fit_intercept, real[:, ::1] state, double[:, ::1] intercept,
    double[::1] clock, real[:, ::1] values, real[:, ::1] roots, real[:, ::1] sums, double[:, ::1] scratch,
) noexcept nogil

@cython.locals(
    n_outputs=Py_ssize_t, weighted=bint, size=double, due_l1=double, due_l2=double, n_touched=Py_ssize_t,
    last=Py_ssize_t, reach=double[::1], s=double, i=Py_ssize_t, j=Py_ssize_t, f=Py_ssize_t, k=Py_ssize_t, largest=double,
    spread=double, total=double, losses=double, row=Py_ssize_t, scores=double[::1], errors=double[::1], x=double,
    loss=double, r=double, held=double, t=double, before=double, z=double, inverse_eta0=double,
)
cdef bint adaptive_batch(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const int[::1] labels,
    const double[::1] sample_weight, const Py_ssize_t[::1] order, Py_ssize_t start, Py_ssize_t stop, double l1,
    double l2, double eta0, bint proximal, bint fit_intercept, real[:, ::1] state, double[:, ::1] intercept,
    double[::1] clock, int[::1] slot, long long[::1] touched, double[:, ::1] sums, double[:, ::1] all_scores,
    double[:, ::1] all_errors, double[:, ::1] scratch,
) noexcept nogil

@cython.locals(slope=double, held=double)
cdef inline double weight_of(
    double z, double r, double s, double inverse_eta0, double due_l1, double due_l2
) noexcept nogil

@cython.locals(
    n_outputs=Py_ssize_t, inverse_eta0=double, due_l1=double, due_l2=double, f=Py_ssize_t, k=Py_ssize_t, s=double,
)
cdef void adaptive_weights(
    const real[:, ::1] state, const double[::1] clock, double eta0, real[:, ::1] out
) noexcept nogil

# column_selection.py

@cython.locals(j=Py_ssize_t)
cdef void count_columns(const index[::1] indices, int[::1] counts) noexcept nogil

cdef uint64 ones(uint64 word) noexcept nogil

@cython.locals(
    n_rows=Py_ssize_t, n=Py_ssize_t, end=Py_ssize_t, last=Py_ssize_t, row=Py_ssize_t, first=Py_ssize_t,
    begin=Py_ssize_t, j=Py_ssize_t, column=uint64, entry=uint64, bit=uint64, total=double, x=double, length=double,
)
cdef void keep_columns(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const uint64[::1] ranks,
    const float[::1] weights, index[::1] out_indptr, index[::1] out_indices, real[::1] out_data,
) noexcept nogil

# hessian.py

@cython.locals(weighted=bint, s=double, row=Py_ssize_t, first=Py_ssize_t, last=Py_ssize_t, move=double)
cdef void hessian_product_binary(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const double[::1] sample_weight,
    Py_ssize_t start, Py_ssize_t stop, const double[:, ::1] probabilities, const real[:, ::1] weights,
    const double[::1] intercept, real[:, ::1] out, double[::1] intercept_out,
) noexcept nogil

@cython.locals(
    n_outputs=Py_ssize_t, weighted=bint, s=double, row=Py_ssize_t, first=Py_ssize_t, last=Py_ssize_t, move=double,
    mean=double, k=Py_ssize_t,
)
cdef void hessian_product_softmax(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const double[::1] sample_weight,
    Py_ssize_t start, Py_ssize_t stop, const double[:, ::1] probabilities, const real[:, ::1] weights,
    const double[::1] intercept, real[::1] scores, real[:, ::1] out, double[::1] intercept_out,
) noexcept nogil

# local_sgd.py

@cython.locals(weighted=bint, s=double, i=Py_ssize_t, row=Py_ssize_t, j=Py_ssize_t)
cdef void add_squares(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const double[::1] sample_weight,
    const Py_ssize_t[::1] order, Py_ssize_t start, Py_ssize_t stop, double[::1] out,
) noexcept nogil

cdef double share(double reach, Py_ssize_t n_copies) noexcept nogil

@cython.locals(
    n_copies=Py_ssize_t, n_outputs=Py_ssize_t, lazy=bint, f=Py_ssize_t, k=Py_ssize_t, p=Py_ssize_t, scale=double, due=real,
    w=double, after=double, moved=double[::1], low=double[::1], high=double[::1],
)
cdef void merge(
    real[:, ::1] weights, real[:, :, ::1] copies, const double[:, ::1] clocks, const double[::1] squares,
    const double[::1] curvature, double rate, double l2, Py_ssize_t start, Py_ssize_t stop, double[:, ::1] scratch,
) noexcept nogil

# tokenize.py

cdef uint64 mixed(uint64 h, uint64 word) noexcept nogil

cdef uint64 finished(uint64 h) noexcept nogil

cdef uint64 joined(uint64 h, uint64 word) noexcept nogil

@cython.locals(n=Py_ssize_t, k=Py_ssize_t, word=uint64)
cdef uint64 load(const unsigned char[::1] buffer, Py_ssize_t i, Py_ssize_t stop) noexcept nogil

@cython.locals(low=uint64, folded=uint64, letters=uint64, digits=uint64, underscores=uint64)
cdef uint64 letters_of(uint64 word) noexcept nogil

@cython.locals(low=uint64, lines=uint64, blanks=uint64)
cdef uint64 ink_of(uint64 word) noexcept nogil

@cython.locals(low=uint64, folded=uint64, signs=uint64, eyes=uint64, bars=uint64)
cdef uint64 marks_of(uint64 word) noexcept nogil

cdef uint64 packed(uint64 word) noexcept nogil

@cython.locals(low=uint64, capitals=uint64)
cdef uint64 lowered(uint64 word) noexcept nogil

@cython.locals(h=uint64, i=Py_ssize_t)
cdef uint64 hash_bytes(const unsigned char[::1] buffer, Py_ssize_t start, Py_ssize_t stop) noexcept nogil

cdef Py_ssize_t width_of(Py_ssize_t byte) noexcept nogil

@cython.locals(byte=Py_ssize_t, second=Py_ssize_t, third=Py_ssize_t, fourth=Py_ssize_t, code=Py_ssize_t)
cdef Py_ssize_t decoded(uint64 word) noexcept nogil

@cython.locals(last=cython.longlong)
cdef long long encoded(long long code) noexcept nogil

cdef Py_ssize_t lower_letter(Py_ssize_t code, Py_ssize_t change) noexcept nogil

@cython.locals(folded=Py_ssize_t)
cdef bint is_word_byte(Py_ssize_t byte) noexcept nogil

@cython.locals(end=Py_ssize_t)
cdef Py_ssize_t suffix_end(const unsigned char[::1] buffer, Py_ssize_t i, Py_ssize_t stop) noexcept nogil

cdef Py_ssize_t byte_at(const unsigned char[::1] buffer, Py_ssize_t i, Py_ssize_t stop) noexcept nogil

cdef bint is_mouth(Py_ssize_t byte) noexcept nogil

@cython.locals(eyes=Py_ssize_t, end=Py_ssize_t, byte=Py_ssize_t)
cdef Py_ssize_t emoticon_end(
    const unsigned char[::1] buffer, Py_ssize_t first, Py_ssize_t i, Py_ssize_t stop
) noexcept nogil

@cython.locals(
    h=uint64, word=uint64, filled=Py_ssize_t, n_letters=Py_ssize_t, end=Py_ssize_t, letter=cython.longlong,
    width=Py_ssize_t, bits=Py_ssize_t, around=uint64, byte=Py_ssize_t, code=Py_ssize_t, suffix=Py_ssize_t,
    begin=Py_ssize_t, first=Py_ssize_t, kind=Py_ssize_t, change=Py_ssize_t,
)
cdef Py_ssize_t read_letters(
    const unsigned char[::1] buffer, Py_ssize_t p, Py_ssize_t stop, const unsigned char[::1] alphabet,
    const unsigned char[::1] pages, const int[::1] changes, Py_ssize_t errors, bint symbols, uint64[::1] tokens,
    Py_ssize_t n, long long[::1] state,
) noexcept nogil

@cython.locals(mask=uint64, slot=uint64)
cdef bint is_among(uint64 h, const uint64[::1] hashes) noexcept nogil

@cython.locals(whole=Py_ssize_t, changes=uint64, k=Py_ssize_t, word=uint64)
cdef void look_at(
    const unsigned char[::1] buffer, Py_ssize_t start, Py_ssize_t stop, bint ink, bint lowercase,
    unsigned char[::1] text, uint64[::1] inside,
) noexcept nogil

@cython.locals(whole=Py_ssize_t, last=uint64, seen=uint64, k=Py_ssize_t)
cdef bint find_marks(
    const unsigned char[::1] buffer, Py_ssize_t start, Py_ssize_t stop, unsigned char[::1] marks
) noexcept nogil

@cython.locals(n=Py_ssize_t, last=uint64, start=Py_ssize_t, bits=uint64, k=Py_ssize_t, changes=uint64)
cdef Py_ssize_t find_edges(const uint64[::1] inside, Py_ssize_t size, int[::1] edges) noexcept nogil

@cython.locals(
    k=Py_ssize_t, after=Py_ssize_t, start=Py_ssize_t, bits=uint64, at=Py_ssize_t, byte=Py_ssize_t,
)
cdef void find_symbols(
    const unsigned char[::1] buffer, Py_ssize_t first, Py_ssize_t p, Py_ssize_t stop, Py_ssize_t size,
    const unsigned char[::1] marks, uint64[::1] inside, uint64[::1] opens, uint64[::1] closes,
) noexcept nogil

@cython.locals(
    n=Py_ssize_t, last=uint64, start=Py_ssize_t, bits=uint64, k=Py_ssize_t, before=uint64, beginning=uint64,
    ending=uint64, changes=uint64, twice=uint64, at=Py_ssize_t,
)
cdef Py_ssize_t find_tokens(
    const uint64[::1] inside, const uint64[::1] opens, const uint64[::1] closes, Py_ssize_t size, int[::1] edges
) noexcept nogil

@cython.locals(
    p=Py_ssize_t, capacity=Py_ssize_t, room=Py_ssize_t, with_places=bint, high=uint64, size=Py_ssize_t,
    n_edges=Py_ssize_t, after=Py_ssize_t, letters=Py_ssize_t, foreign=uint64, i=Py_ssize_t, begin=Py_ssize_t,
    end=Py_ssize_t, length=Py_ssize_t, h=uint64, seen=uint64, word=uint64, more=uint64,
)
cdef Py_ssize_t read_words(
    const unsigned char[::1] buffer, Py_ssize_t first, Py_ssize_t stop, const unsigned char[::1] alphabet,
    const unsigned char[::1] pages, const int[::1] changes, const uint64[::1] stop_words, const uint64[::1] masks,
    Py_ssize_t splitting, bint lowercase, Py_ssize_t min_length, Py_ssize_t errors, uint64[::1] tokens,
    unsigned char[::1] halves, Py_ssize_t n, long long[::1] begins, long long[::1] ends, unsigned char[::1] text,
    uint64[::1] inside, unsigned char[::1] marks, uint64[::1] opens, uint64[::1] closes, int[::1] edges,
    long long[::1] state,
) noexcept nogil

@cython.locals(
    p=Py_ssize_t, n=Py_ssize_t, begin=Py_ssize_t, letter=cython.longlong, width=Py_ssize_t, around=uint64,
    byte=Py_ssize_t, code=Py_ssize_t,
)
cdef Py_ssize_t read_spelling(
    const unsigned char[::1] buffer, Py_ssize_t stop, const unsigned char[::1] alphabet,
    const unsigned char[::1] pages, const int[::1] changes, bint whole, Py_ssize_t errors, unsigned char[::1] scratch,
    long long[::1] state,
) noexcept nogil

@cython.locals(
    capacity=Py_ssize_t, with_places=bint, length=Py_ssize_t, size=Py_ssize_t, begin=Py_ssize_t, end=Py_ssize_t,
)
cdef Py_ssize_t read_characters(
    const unsigned char[::1] buffer, Py_ssize_t stop, const unsigned char[::1] alphabet,
    const unsigned char[::1] pages, const int[::1] changes, bint whole, Py_ssize_t errors, Py_ssize_t smallest,
    Py_ssize_t largest, unsigned char[::1] scratch, uint64[::1] tokens, Py_ssize_t n, long long[::1] begins,
    long long[::1] ends, long long[::1] state,
) noexcept nogil

@cython.locals(room=Py_ssize_t, n=Py_ssize_t)
cdef Py_ssize_t longest_ngram(const unsigned char[::1] halves, Py_ssize_t j, Py_ssize_t largest) noexcept nogil

@cython.locals(n=Py_ssize_t, j=Py_ssize_t, h=uint64, size=Py_ssize_t, most=Py_ssize_t)
cdef Py_ssize_t list_terms(
    const uint64[::1] tokens, const unsigned char[::1] halves, Py_ssize_t carried, Py_ssize_t n_tokens,
    Py_ssize_t smallest, Py_ssize_t largest, uint64[::1] terms, const long long[::1] state,
) noexcept nogil

@cython.locals(n=Py_ssize_t, kept=Py_ssize_t, k=Py_ssize_t)
cdef void carry(
    uint64[::1] tokens, unsigned char[::1] halves, long long[::1] begins, long long[::1] ends, Py_ssize_t largest,
    long long[::1] state,
) noexcept nogil

# hash_ngrams.py

@cython.locals(mask=uint64, k=Py_ssize_t, column=uint64, slot=uint64)
cdef void enter_columns(
    int[::1] indices, const long long[::1] counts, Py_ssize_t first, Py_ssize_t n, uint64[::1] table, Py_ssize_t slots
) noexcept nogil

@cython.locals(k=Py_ssize_t, entry=uint64)
cdef void leave_columns(
    int[::1] indices, long long[::1] counts, Py_ssize_t first, Py_ssize_t n, const uint64[::1] table
) noexcept nogil

@cython.locals(
    mask=uint64, low=uint64, k=Py_ssize_t, h=uint64, column=uint64, slot=uint64, entry=uint64,
    new=Py_ssize_t,
)
cdef Py_ssize_t count_terms(
    const uint64[::1] terms, Py_ssize_t n_terms, long long n_features, bint alternate, uint64[::1] table,
    Py_ssize_t slots, int[::1] indices, Py_ssize_t first, Py_ssize_t n,
) noexcept nogil

@cython.locals(
    zero=cython.longlong, last=Py_ssize_t, largest=cython.longlong, k=Py_ssize_t, entry=uint64, count=cython.longlong,
    value=double, total=double, scale=double,
)
cdef void weigh(
    const uint64[::1] table, Py_ssize_t n, Py_ssize_t weighting, Py_ssize_t norm, const double[::1] values,
    int[::1] indices, real[::1] data, Py_ssize_t first,
) noexcept nogil

@cython.locals(
    characters=bint, joins=Py_ssize_t, fewest=Py_ssize_t, n_documents=Py_ssize_t, document=Py_ssize_t, stop=Py_ssize_t,
    first=Py_ssize_t, begun=Py_ssize_t, n=Py_ssize_t, reach=Py_ssize_t, most=Py_ssize_t, slots=Py_ssize_t,
    n_terms=Py_ssize_t,
)
cdef Py_ssize_t hash_documents(
    const unsigned char[::1] buffer, const long long[::1] starts, const long long[::1] stops,
    const unsigned char[::1] alphabet, const unsigned char[::1] pages, const int[::1] changes,
    const uint64[::1] stop_words, const uint64[::1] masks, Py_ssize_t splitting, bint lowercase, Py_ssize_t min_length,
    Py_ssize_t errors, Py_ssize_t smallest, Py_ssize_t largest, long long n_features, bint alternate,
    Py_ssize_t weighting, Py_ssize_t norm, const double[::1] values, Py_ssize_t budget, uint64[::1] tokens,
    unsigned char[::1] halves, long long[::1] begins, long long[::1] ends, unsigned char[::1] scratch,
    unsigned char[::1] text, uint64[::1] inside, unsigned char[::1] marks, uint64[::1] opens, uint64[::1] closes,
    int[::1] edges, uint64[::1] terms, uint64[::1] table, long long[::1] counts, long long[::1] indptr,
    int[::1] indices, real[::1] data, long long[::1] state,
) noexcept nogil

# vocabulary.py

@cython.locals(mask=uint64, k=Py_ssize_t, slot=uint64)
cdef void enter_terms(const uint64[::1] hashes, Py_ssize_t n, uint64[::1] table) noexcept nogil

@cython.locals(
    mask=uint64, n=Py_ssize_t, n_terms=Py_ssize_t, t=Py_ssize_t, j=Py_ssize_t, size=Py_ssize_t, h=uint64, slot=uint64,
    number=Py_ssize_t, place=Py_ssize_t, most=Py_ssize_t,
)
cdef void count_listed(
    const uint64[::1] terms, const unsigned char[::1] halves, Py_ssize_t carried, Py_ssize_t n_tokens,
    Py_ssize_t smallest, Py_ssize_t largest, bint learn, uint64[::1] table, const long long[::1] begins,
    const long long[::1] ends, uint64[::1] hashes, long long[::1] first_begins, long long[::1] first_ends,
    long long[::1] places, int[::1] indices, long long[::1] counts, Py_ssize_t first, long long[::1] state,
) noexcept nogil

@cython.locals(
    characters=bint, joins=Py_ssize_t, fewest=Py_ssize_t, n_documents=Py_ssize_t, document=Py_ssize_t, stop=Py_ssize_t,
    begun=Py_ssize_t, n=Py_ssize_t, reach=Py_ssize_t, most=Py_ssize_t, k=Py_ssize_t, mask=uint64,
)
cdef Py_ssize_t count_documents(
    const unsigned char[::1] buffer, const long long[::1] starts, const long long[::1] stops,
    const unsigned char[::1] alphabet, const unsigned char[::1] pages, const int[::1] changes,
    const uint64[::1] stop_words, const uint64[::1] masks, Py_ssize_t splitting, bint lowercase, Py_ssize_t min_length,
    Py_ssize_t errors, Py_ssize_t smallest, Py_ssize_t largest, Py_ssize_t budget, uint64[::1] tokens,
    unsigned char[::1] halves, long long[::1] begins, long long[::1] ends, unsigned char[::1] scratch,
    unsigned char[::1] text, uint64[::1] inside, unsigned char[::1] marks, uint64[::1] opens, uint64[::1] closes,
    int[::1] edges, uint64[::1] terms, bint learn, uint64[::1] table, uint64[::1] hashes,
    long long[::1] first_begins, long long[::1] first_ends, long long[::1] places, long long[::1] indptr,
    int[::1] indices, long long[::1] counts, long long[::1] state,
) noexcept nogil

@cython.locals(
    with_idf=bint, row=Py_ssize_t, total=double, j=Py_ssize_t, value=double, whole=Py_ssize_t, scale=double,
)
cdef void weigh_rows(
    const index[::1] indptr, const index[::1] indices, const real[::1] data, const double[::1] idf, bint sublinear,
    Py_ssize_t norm, const double[::1] logs, Py_ssize_t start, Py_ssize_t stop, real[::1] out,
) noexcept nogil
