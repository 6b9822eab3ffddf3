"""Numba compiles kernels with less work than other functions, and other functions as ever."""

import operator

import pytest

pytest.importorskip("numba")

import numba
from numba.core import types
from numba.core.types.functions import BaseFunction
from numba.extending import intrinsic, models, overload, register_model

from fastlr.kernels.compilers.numba import jit

pytestmark = pytest.mark.skipif(
    bool(getattr(numba.config, "DISABLE_JIT", 0)), reason="Nothing is compiled without Numba's compiler."
)


def polynomial(x):
    return x * 3.0 + x * 5.0 + x * 7.0


def caller_of(function):
    return numba.njit(lambda x: function(x))


@pytest.fixture
def lookups(monkeypatch):
    """The operators and types of arguments that Numba looks up."""
    seen = []
    look_up = BaseFunction.get_call_type

    def get_call_type(self, context, args, kws):
        seen.append((self.typing_key, *args))
        return look_up(self, context, args, kws)

    monkeypatch.setattr(BaseFunction, "get_call_type", get_call_type)
    return seen


def test_the_type_of_a_result_is_looked_up_once(lookups):
    product = (operator.mul, types.complex128, types.float64)  # which no kernel has
    assert numba.njit(polynomial)(1j) == 15j
    assert lookups.count(product) > 2
    lookups.clear()
    assert caller_of(jit(polynomial))(1j) == 15j
    assert lookups.count(product) == 1


def test_a_function_that_only_kernels_call_has_no_machine_code():
    function = jit(polynomial)
    kernel = caller_of(function)
    assert kernel(2.0) == 30.0
    (callee,), (caller,) = function.overloads.values(), kernel.overloads.values()
    engine = caller.library.codegen._engine
    assert engine.is_symbol_defined(caller.fndesc.llvm_func_name)
    assert not engine.is_symbol_defined(callee.fndesc.llvm_func_name)
    assert "fmul" in callee.library.get_llvm_str()


class Odd(types.Type):
    """A type that another package adds to Numba."""

    def __init__(self):
        super().__init__(name="odd")


def test_an_operator_that_is_extended_later_is_looked_up_again():
    register_model(Odd)(models.OpaqueModel)

    @intrinsic
    def odd(typingctx):
        return Odd()(), lambda context, builder, signature, args: context.get_dummy_value()

    assert caller_of(jit(polynomial))(1.0) == 15.0

    @overload(operator.add)
    def add(x, y):
        if isinstance(x, Odd) and isinstance(y, Odd):
            return lambda x, y: 7

    assert caller_of(jit(lambda x: odd() + odd() + x))(1.0) == 8.0
