"""What kernels call that Numba compiles otherwise than CPython runs it: `fastlr.kernels` lists it."""

from __future__ import annotations

import math
import sys
from typing import Any

from llvmlite import ir
from numba.core import cgutils
from numba.core import types as numba_types
from numba.extending import intrinsic
from numba.np import arrayobj

from fastlr.kernels.compilers.numba.lanes import LANE_PRIMITIVES


def prefetch_at(builder: Any, pointer: Any) -> None:
    """Prefetch the cache line at a pointer: one instruction, which never faults."""
    int32 = ir.IntType(32)
    function = cgutils.get_or_insert_function(
        builder.module,
        ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer(), int32, int32, int32]),
        "llvm.prefetch.p0",
    )
    pointer = builder.bitcast(pointer, ir.IntType(8).as_pointer())
    builder.call(function, [pointer, int32(0), int32(3), int32(1)])


def cast_first(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """Convert the first argument to the type of the result."""
    return context.cast(builder, args[0], signature.args[0], signature.return_type)


@intrinsic
def prefetch(typingctx: Any, array: Any, i: Any) -> Any:
    """Prefetch the cache line of ``array[i]``."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        struct = arrayobj.make_array(signature.args[0])(context, builder, args[0])
        prefetch_at(builder, builder.gep(struct.data, [args[1]]))
        return context.get_dummy_value()

    return numba_types.void(array, numba_types.intp), codegen


@intrinsic
def prefetch_row(typingctx: Any, array: Any, i: Any, k: Any) -> Any:
    """Prefetch the cache line of ``array[i, k]``, an entry of a matrix in C order."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        struct = arrayobj.make_array(signature.args[0])(context, builder, args[0])
        _, width = cgutils.unpack_tuple(builder, struct.shape, 2)
        prefetch_at(builder, builder.gep(struct.data, [builder.add(builder.mul(args[1], width), args[2])]))
        return context.get_dummy_value()

    return numba_types.void(array, numba_types.intp, numba_types.intp), codegen


@intrinsic
def bits_of(typingctx: Any, x: Any) -> Any:
    """Return the bits of a double-precision number as an unsigned integer."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(64))

    return numba_types.uint64(numba_types.float64), codegen


@intrinsic
def float_of(typingctx: Any, bits: Any) -> Any:
    """Return the double-precision number that has these bits."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.DoubleType())

    return numba_types.float64(numba_types.uint64), codegen


@intrinsic
def load_word(typingctx: Any, array: Any, i: Any) -> Any:
    """Return bytes ``i`` to ``i + 8`` of an array as one number, the first byte lowest; one instruction."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        struct = arrayobj.make_array(signature.args[0])(context, builder, args[0])
        pointer = builder.bitcast(builder.gep(struct.data, [args[1]]), ir.IntType(64).as_pointer())
        word = builder.load(pointer, align=1)
        return builder.bswap(word) if sys.byteorder == "big" else word

    return numba_types.uint64(array, numba_types.intp), codegen


@intrinsic
def store_word(typingctx: Any, array: Any, i: Any, x: Any) -> Any:
    """Write a number to bytes ``i`` to ``i + 8`` of an array, as `load_word` reads it."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        struct = arrayobj.make_array(signature.args[0])(context, builder, args[0])
        pointer = builder.bitcast(builder.gep(struct.data, [args[1]]), ir.IntType(64).as_pointer())
        builder.store(builder.bswap(args[2]) if sys.byteorder == "big" else args[2], pointer, align=1)
        return context.get_dummy_value()

    return numba_types.void(array, numba_types.intp, numba_types.uint64), codegen


@intrinsic
def trailing_zeros(typingctx: Any, x: Any) -> Any:
    """Return the number of zeros below the lowest bit that is set in a number other than 0."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return numba_types.int64(numba_types.uint64), codegen


@intrinsic
def rounded(typingctx: Any, x: Any, like: Any) -> Any:
    """Round a number to the type of an array's entries, so that arithmetic with them stays in that type."""
    return like.dtype(numba_types.unliteral(x), like), cast_first


@intrinsic
def truncated(typingctx: Any, x: Any) -> Any:
    """Round a number toward 0, to an integer."""
    return numba_types.int64(numba_types.float64), cast_first


@intrinsic
def u64(typingctx: Any, x: Any) -> Any:
    """Return a number as an unsigned 64-bit integer."""
    return numba_types.uint64(numba_types.unliteral(x)), cast_first


@intrinsic
def as_index(typingctx: Any, x: Any) -> Any:
    """Return an unsigned number as a signed one, for an index or for more arithmetic."""
    return numba_types.int64(numba_types.unliteral(x)), cast_first


PRIMITIVES: dict[str, Any] = {
    "prefetch": prefetch,
    "prefetch_row": prefetch_row,
    "isfinite": math.isfinite,
    "rounded": rounded,
    "truncated": truncated,
    "unsigned": u64,  # without it a loop over ``i + k`` is not vectorized
    "u64": u64,
    "as_index": as_index,
    "load_word": load_word,
    "store_word": store_word,
    "trailing_zeros": trailing_zeros,
    "bits_of": bits_of,
    "float_of": float_of,
    **LANE_PRIMITIVES,
}
