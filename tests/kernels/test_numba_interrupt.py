"""Ctrl-C while Numba compiles: the kernel is compiled, and then the call is interrupted."""

import gc
import signal
import threading

import pytest

pytest.importorskip("numba")

from numba.extending import intrinsic

from fastlr.kernels.compilers import numba as compiler

pytestmark = pytest.mark.skipif(
    bool(getattr(compiler.numba.config, "DISABLE_JIT", 0)), reason="Nothing is compiled without Numba's compiler."
)


@pytest.fixture
def handler(ctrl_c):
    """The handler that raises KeyboardInterrupt, whatever runs the tests."""
    compiler.load("log_loss")
    return signal.default_int_handler


def make_kernel(during):
    """Return a kernel that returns its argument, and calls a function while it is compiled."""

    @intrinsic
    def same(typingctx, x):
        def codegen(context, builder, signature, args):
            during()
            return args[0]

        return x(x), codegen

    @compiler.jit
    def inner(x):
        return same(x)

    @compiler.numba.njit
    def kernel(x):
        return inner(x) + inner(x)

    return kernel


def test_an_interrupt_comes_once_the_kernel_is_compiled(handler):
    kernel, threshold = make_kernel(lambda: signal.raise_signal(signal.SIGINT)), gc.get_threshold()
    with pytest.raises(KeyboardInterrupt):
        kernel(3)
    assert len(kernel.signatures) == 1
    assert gc.get_threshold() == threshold  # which is raised while Numba compiles
    assert signal.getsignal(signal.SIGINT) is handler
    assert kernel(3) == 6


def test_the_handler_returns_without_an_interrupt(handler):
    seen = []
    assert make_kernel(lambda: seen.append(signal.getsignal(signal.SIGINT)))(3) == 6
    assert handler not in seen
    assert signal.getsignal(signal.SIGINT) is handler


def test_an_ignored_signal_stays_ignored(handler):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    seen = []
    assert make_kernel(lambda: seen.append(signal.getsignal(signal.SIGINT)))(3) == 6
    assert set(seen) == {signal.SIG_IGN}


def test_other_threads_leave_the_handler(handler):
    seen = []
    kernel = make_kernel(lambda: seen.append(signal.getsignal(signal.SIGINT)))
    thread = threading.Thread(target=kernel, args=(3,))
    thread.start()
    thread.join()
    assert set(seen) == {handler}
