"""The ways to run the kernels: for each a module or package of its name, and a line in `COMPILERS`."""

from __future__ import annotations

from typing import NamedTuple


class Compiler(NamedTuple):
    """A way to run the kernels. Its module has one function, ``load(loss)``, which returns a `KernelSet`.

    Attributes
    ----------
    name : str
        The module in this package, and the backend.
    requires : str
        A module that must import; "" for none.
    remedy : str
        What to do if it does not.
    automatic : bool
        Whether ``"auto"`` may choose it, in the order of `COMPILERS`.
    public : bool
        Whether users are told of it.
    """

    name: str
    requires: str = ""
    remedy: str = ""
    automatic: bool = False
    public: bool = True


COMPILERS = {
    compiler.name: compiler
    for compiler in (
        Compiler(
            "cython",
            "fastlr.kernels.compilers.cython.log_loss_baseline",
            "install a C compiler and the headers of Python, then reinstall fastlr",
            automatic=True,
        ),
        Compiler("numba", "numba", "install it with: pip install numba", automatic=True),
        Compiler("numpy"),
        Compiler("python", public=False),
    )
}
