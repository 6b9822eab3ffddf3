# The arrays that Python passes to a kernel: generate.py puts this text before the entry points of each module.
#
# A typed memoryview is the same struct in C, whatever its type. So an entry point fills such structs from the buffers of
# its arguments, and calls the kernel for their types through a pointer. Typed parameters would do the same, but for each
# combination of types in a function of its own, which took twice as long to compile as the kernels.
from cpython.buffer cimport PyBUF_C_CONTIGUOUS, PyBUF_FORMAT, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer

cdef extern from *:
    ctypedef struct View "__Pyx_memviewslice":
        void *memview  # what owns the memory; without it, nothing is counted
        char *data
        Py_ssize_t shape[8]
        Py_ssize_t strides[8]
        Py_ssize_t suboffsets[8]

cdef enum:
    MOST_ARRAYS = 32

cdef struct Arrays:
    int n_buffers
    int n_views
    Py_ssize_t index  # the size of an entry of this type; 0 until an array decides it
    Py_ssize_t real
    Py_buffer buffers[MOST_ARRAYS]
    View views[MOST_ARRAYS]


cdef char group_of(const char *format) noexcept:
    """Return i, u or f for integers, unsigned integers and floating-point numbers in native order, else 0."""
    cdef int one = 1
    # Typed: a conditional expression of two literals would be an object, which never equals a character.
    cdef char native = b"<" if (<char *>&one)[0] else b">"
    if format is NULL:
        return b"u"  # bytes
    if format[0] in b"@=" or format[0] == native:
        format += 1
    if format[0] == 0 or format[1] != 0:
        return 0
    if format[0] in b"bhilqn":
        return b"i"
    if format[0] in b"BHILQN":
        return b"u"
    return b"f" if format[0] in b"fd" else 0


cdef int take_array(
    Arrays *arrays, array, const char *name, int n_dimensions, bint writable, bint optional, char group, Py_ssize_t size
) except -1:
    """Add the view of an array; a size of 0 stands for the types index and real."""
    cdef Py_buffer *buffer = &arrays.buffers[arrays.n_buffers]
    cdef View *view = &arrays.views[arrays.n_views]
    cdef Py_ssize_t *chosen = &arrays.index if group == b"i" else &arrays.real
    arrays.n_views += 1
    if optional and array is None:
        view.memview = <void *>None
        view.data = NULL
        return 0
    PyObject_GetBuffer(array, buffer, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (PyBUF_WRITABLE if writable else 0))
    arrays.n_buffers += 1
    if size == 0:
        size = chosen[0] if chosen[0] else buffer.itemsize if buffer.itemsize in (4, 8) else 4
        chosen[0] = size
    if buffer.ndim != n_dimensions or buffer.itemsize != size or group_of(buffer.format) != group:
        refuse_array(buffer, name, n_dimensions, group, size)
    view.memview = NULL
    view.data = <char *>buffer.buf
    for axis in range(n_dimensions - 1, -1, -1):
        view.shape[axis] = buffer.shape[axis]
        view.strides[axis] = size  # not buffer.strides, which ctypes leaves NULL
        view.suboffsets[axis] = -1
        size *= buffer.shape[axis]
    return 0


cdef int refuse_array(Py_buffer *buffer, const char *name, int n_dimensions, char group, Py_ssize_t size) except -1:
    """Raise ValueError for an array of the wrong type or number of dimensions."""
    type = "int" if group == b"i" else "uint" if group == b"u" else "float"
    format = "B" if buffer.format is NULL else buffer.format.decode()
    raise ValueError(
        f"{name.decode()} must be a {n_dimensions}-dimensional array of {type}{8 * size}; got {buffer.ndim} dimensions "
        f"and entries of {buffer.itemsize} bytes in format {format!r}."
    )


cdef void release_arrays(Arrays *arrays) noexcept:
    """Release the buffers of all arrays."""
    for k in range(arrays.n_buffers):
        PyBuffer_Release(&arrays.buffers[k])
