"""Lanes for Numba: eight numbers as one vector of LLVM, so that no pass of the compiler has to find them.

LLVM turns eight sums that a loop adds up side by side into vectors only in its pass for straight-line code, which Numba
switches off, as other kernels would take 2.5 times as long with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import types as numba_types
from numba.extending import intrinsic, models, register_model
from numba.np import arrayobj

VECTOR = ir.VectorType(ir.DoubleType(), 8)


class Lanes(numba_types.Type):
    """Eight numbers of double precision, which no array holds."""

    def __init__(self) -> None:
        super().__init__(name="lanes")


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):
    """How LLVM holds lanes."""

    def __init__(self, manager: Any, type: Any) -> None:
        super().__init__(manager, type, VECTOR)


@intrinsic
def lanes_of(typingctx: Any, x: Any, i: Any) -> Any:
    """Return entries ``i`` to ``i + 8`` of an array as lanes."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        struct = arrayobj.make_array(signature.args[0])(context, builder, args[0])
        entry = context.get_data_type(x.dtype)
        pointer = builder.bitcast(builder.gep(struct.data, [args[1]]), ir.VectorType(entry, 8).as_pointer())
        entries = builder.load(pointer, align=context.get_abi_sizeof(entry))
        return entries if entry == VECTOR.element else builder.fpext(entries, VECTOR)

    return Lanes()(x, numba_types.intp), codegen


@intrinsic
def lane(typingctx: Any, x: Any, k: Any) -> Any:
    """Return one of the eight numbers."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.extract_element(args[0], builder.trunc(args[1], ir.IntType(32)))

    return numba_types.float64(x, numba_types.intp), codegen


def lane_by_lane(generate: Callable[[Any, Any, Any], Any]) -> Any:
    """Return the function of two lanes that ``generate(builder, x, y)`` writes as instructions."""

    def function(typingctx: Any, x: Any, y: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return generate(builder, *args)

        return Lanes()(x, y), codegen

    return intrinsic(function)


LANE_PRIMITIVES = {
    "lanes_of": lanes_of,
    "lane": lane,
    "add_lanes": lane_by_lane(lambda builder, x, y: builder.fadd(x, y)),
    "multiply_lanes": lane_by_lane(lambda builder, x, y: builder.fmul(x, y)),
    "larger_lanes": lane_by_lane(lambda builder, x, y: builder.select(builder.fcmp_ordered(">", x, y), x, y)),
}
