"""Choosing the backend, which runs the inner loops: Cython, Numba or the NumPy reference.

An estimator's own ``backend`` takes precedence, then `use_backend`, then `set_backend`, then the environment variable
``FASTLR_BACKEND``, then ``"auto"``.
"""

from __future__ import annotations

import functools
import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from fastlr.kernels.compilers import COMPILERS

BACKENDS = ("auto", *(compiler.name for compiler in COMPILERS.values() if compiler.public))

_context: ContextVar[str | None] = ContextVar("fastlr_backend", default=None)
_chosen: str | None = None


def _check(name: str, source: str) -> str:
    if name not in ("auto", *COMPILERS):  # a tuple, which also takes what cannot be hashed
        raise ValueError(f"{source} must be one of {', '.join(map(repr, BACKENDS))}; got {name!r}.")
    return name


def set_backend(name: str) -> None:
    """Choose the backend for the whole process.

    Parameters
    ----------
    name : {"auto", "cython", "numba", "numpy"}
        ``"auto"`` selects Cython if its kernels were compiled when fastlr was installed, and Numba otherwise.
        ``"numpy"`` is a slow reference implementation, for tests and comparisons; ``"auto"`` never selects it.

    Raises
    ------
    ValueError
        If ``name`` is not one of these.

    Examples
    --------
    >>> import fastlr
    >>> fastlr.set_backend("auto")
    """
    global _chosen
    _chosen = _check(name, "backend")


def get_backend() -> str:
    """Return the name of the backend of estimators that do not choose one themselves.

    Returns
    -------
    str
        The choice of `use_backend`, else of `set_backend`, else of ``FASTLR_BACKEND``, else ``"auto"``.

    Examples
    --------
    >>> import fastlr
    >>> with fastlr.use_backend("numpy"):
    ...     fastlr.get_backend()
    'numpy'
    """
    name = _context.get() or _chosen
    if name is not None:
        return name
    return _check(os.environ.get("FASTLR_BACKEND") or "auto", "The environment variable FASTLR_BACKEND")


@contextmanager
def use_backend(name: str) -> Iterator[None]:
    """Choose the backend inside a ``with`` block, for the current thread only.

    Parameters
    ----------
    name : {"auto", "cython", "numba", "numpy"}
        As for `set_backend`.

    Raises
    ------
    ValueError
        If ``name`` is not one of these.

    Examples
    --------
    >>> import fastlr
    >>> with fastlr.use_backend("numpy"):
    ...     model = fastlr.SGDClassifier().fit([[0.0], [1.0]], [0, 1])
    >>> model.backend_
    'numpy'
    """
    token = _context.set(_check(name, "backend"))
    try:
        yield
    finally:
        _context.reset(token)


@functools.cache
def _why_missing(name: str) -> str | None:
    """Return why what a backend requires does not import, or None if it does."""
    try:
        importlib.import_module(COMPILERS[name].requires)
    except ImportError as error:
        return str(error)
    return None


def resolve_backend(name: str | None = None) -> str:
    """Return the name of the backend that runs, never ``"auto"``.

    Parameters
    ----------
    name : str or None
        An estimator's ``backend``; None follows `get_backend`.

    Raises
    ------
    ValueError
        If there is no backend of this name.
    ImportError
        If the backend is not installed; the message says how to install it.
    """
    name = get_backend() if name is None else _check(name, "backend")
    candidates = [c.name for c in COMPILERS.values() if c.automatic] if name == "auto" else [name]
    for candidate in candidates:
        if not COMPILERS[candidate].requires or _why_missing(candidate) is None:
            return candidate
    raise ImportError(
        f"No compiled backend for backend={name!r}. "
        + " ".join(f"{c!r} is missing ({_why_missing(c)}); {COMPILERS[c].remedy}." for c in candidates)
    )
