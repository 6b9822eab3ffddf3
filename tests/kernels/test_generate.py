"""The source that Cython compiles."""

import re
import runpy
from pathlib import Path

import pytest

from fastlr.kernels.bind import ENTRY_POINTS, LOSSES
from fastlr.kernels.compilers import cython

GENERATE = runpy.run_path(str(Path(cython.__file__).with_name("generate.py")))

DECLARATIONS = """
@cython.locals(k=int)
cdef long long one(
    const index[::1] indices, real[:, ::1] x, const real[:, :, ::1] y, double z,
) noexcept nogil

cdef void two(uint64[::1] words, Py_ssize_t n) noexcept nogil

cdef void three(long long[::1] counts, const double[:, ::1] history) noexcept nogil

cdef void four(long long[::1] counts) noexcept nogil
"""


@pytest.fixture
def declarations():
    return {match["name"]: match for match in GENERATE["DECLARATION"].finditer(DECLARATIONS)}


def test_kernels_take_the_types_of_their_declarations(declarations):
    source = "from math import sqrt\n\n\ndef one(\n    indices, x, y, z,\n):  # fmt: skip\n    return 1\n"
    types = DECLARATIONS.split("\n\n")[0].strip()
    assert GENERATE["typed"](source, declarations) == f"\n\n{types}:  # fmt: skip\n    return 1\n"


def test_a_kernel_that_differs_from_its_declaration(declarations):
    with pytest.raises(ValueError, match="parameters of two are not"):
        GENERATE["typed"]("def two(n, words):\n    pass\n", declarations)
    with pytest.raises(ValueError, match="declares five"):
        GENERATE["typed"]("def five(n):\n    pass\n", declarations)


def test_an_entry_point_checks_arrays_and_chooses_the_kernel(declarations):
    assert GENERATE["entry_point"]("one", declarations) == (
        "ctypedef long long (*one_kernel)(View, View, View, double) noexcept nogil\n"
        "\n"
        "def call_one(indices, x, y, double z):\n"
        "    cdef Arrays arrays\n"
        "    cdef one_kernel kernel\n"
        "    cdef long long result\n"
        "    arrays.n_buffers = arrays.n_views = arrays.index = arrays.real = 0\n"
        "    try:\n"
        "        take_array(&arrays, indices, 'indices', 1, False, False, b'i', 0)\n"
        "        take_array(&arrays, x, 'x', 2, True, False, b'f', 0)\n"
        "        take_array(&arrays, y, 'y', 3, False, False, b'f', 0)\n"
        "        if arrays.index == sizeof(cython.int) and arrays.real == sizeof(cython.float):\n"
        "            kernel = <one_kernel>one[cython.int, cython.float]\n"
        "        if arrays.index == sizeof(cython.int) and arrays.real == sizeof(cython.double):\n"
        "            kernel = <one_kernel>one[cython.int, cython.double]\n"
        "        if arrays.index == sizeof(cython.longlong) and arrays.real == sizeof(cython.float):\n"
        "            kernel = <one_kernel>one[cython.longlong, cython.float]\n"
        "        if arrays.index == sizeof(cython.longlong) and arrays.real == sizeof(cython.double):\n"
        "            kernel = <one_kernel>one[cython.longlong, cython.double]\n"
        "        with nogil:\n"
        "            result = kernel(arrays.views[0], arrays.views[1], arrays.views[2], z)\n"
        "        return result\n"
        "    finally:\n"
        "        release_arrays(&arrays)"
    )


def test_an_entry_point_without_a_choice(declarations):
    entry_point = GENERATE["entry_point"]("two", declarations)
    assert "def call_two(words, Py_ssize_t n):" in entry_point
    assert "        take_array(&arrays, words, 'words', 1, True, False, b'u', sizeof(uint64))" in entry_point
    assert "        kernel = <two_kernel>two\n" in entry_point
    assert "            kernel(arrays.views[0], n)\n" in entry_point
    assert "result" not in entry_point
    with pytest.raises(ValueError, match="declares five"):
        GENERATE["entry_point"]("five", declarations)


def test_only_kernels_that_can_average_take_none(declarations):
    three, four = (GENERATE["entry_point"](name, declarations) for name in ("three", "four"))
    assert "take_array(&arrays, counts, 'counts', 1, True, True, b'i', sizeof(long long))" in three
    assert "take_array(&arrays, history, 'history', 2, False, True, b'f', sizeof(double))" in three
    assert "take_array(&arrays, counts, 'counts', 1, True, False, b'i', sizeof(long long))" in four


@pytest.mark.parametrize("loss", LOSSES)
def test_a_module_has_all_entry_points(loss):
    source = GENERATE["generate"](loss)
    assert re.findall(r"^def call_(\w+)\(", source, re.MULTILINE) == [
        name for names in ENTRY_POINTS.values() for name in names
    ]
    views = [int(k) for k in re.findall(r"arrays\.views\[(\d+)\]", source)]
    assert max(views) < int(re.search(r"MOST_ARRAYS = (\d+)", source)[1])
    assert "cdef enum:\n    SCALE = 0\n" in source
