"""Writes the sources of the Cython modules: for each loss all kernels, and the entry points that Python calls.

``setup.py`` runs this file by its path, before there is anything that can be imported: it needs nothing but Python.
"""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SOURCES = HERE.parents[1] / "sources"

HEADER = '''"""What Python calls: each function releases the GIL around one compiled kernel of the same name."""

from fastlr.kernels.compilers.cython cimport {kernels} as kernels
from fastlr.kernels.compilers.cython.{kernels} cimport index, real, uint64

cdef extern from *:
    """
    #if (defined(__GNUC__) || defined(__clang__)) && defined(__x86_64__)
    #define fastlr_has_level_3() \\\\
        (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
    #else
    #define fastlr_has_level_3() 0
    #endif
    """
    bint fastlr_has_level_3()


def has_level_3():
    """Return whether the processor has the vector instructions that the modules named ``*_v3`` are made of."""
    return bool(fastlr_has_level_3())
'''


def sources(suffix: str) -> list[Path]:
    """Return the paths of the modules whose names end in ``suffix``."""
    return [
        HERE / name
        for loss in _names()["LOSSES"]
        for name in (f"kernels_{loss}{suffix}.py", f"entry_{loss}{suffix}.pyx")
    ]


def generate(suffix: str) -> None:
    """Write the modules whose names end in ``suffix`` beside this file."""
    names = _names()
    entry_points = [name for group in names["ENTRY_POINTS"].values() for name in group]
    types = (HERE / "kernels.pxd").read_text()
    for loss in names["LOSSES"]:
        kernels, entry = f"kernels_{loss}{suffix}", f"entry_{loss}{suffix}"
        parts = [*(name for name in names["SOURCES"] if name != "state"), f"losses/{loss}"]
        own_types = (HERE / "losses" / f"{loss}.pxd").read_text()
        _write(f"{kernels}.py", "\n\n".join((SOURCES / f"{name}.py").read_text() for name in parts))
        _write(f"{kernels}.pxd", "\n".join((types, own_types, _enum(SOURCES / "state.py"))))
        _write(f"{entry}.pyx", HEADER.format(kernels=kernels) + "".join(_wrappers(types, entry_points)))


def _names() -> dict[str, Any]:
    """Return the lists of losses, sources and entry points."""
    return runpy.run_path(str(HERE.parents[1] / "bind.py"))


def _wrappers(types: str, entry_points: list[str]) -> Iterator[str]:
    """Yield the definitions of the entry points, whose declarations ``types`` holds."""
    for name in entry_points:
        declaration = re.search(rf"^cdef (\w+) {name}\((.*?)\) noexcept nogil$", types, re.DOTALL | re.MULTILINE)
        if declaration is None:
            raise ValueError(f"kernels.pxd does not declare {name}.")
        result, parameters = declaration.groups()
        # The commas in brackets, as of double[:, ::1], are followed by a colon.
        arguments = ", ".join(parameter.split()[-1] for parameter in re.split(r",(?! ?:)", parameters.strip(" \n,")))
        call = f"kernels.{name}({arguments})"
        if result == "void":
            body = f"    with nogil:\n        {call}\n"
        else:
            body = f"    cdef {result} result\n    with nogil:\n        result = {call}\n    return result\n"
        yield f"\n\ndef {name}({parameters}):\n{body}"


def _enum(constants: Path) -> str:
    """Return the constants of a file as an enum, since kernels cannot read the variables of a module."""
    values = {name: value for name, value in runpy.run_path(str(constants)).items() if isinstance(value, int)}
    return "\n    ".join(("cdef enum:", *(f"{name} = {value}" for name, value in values.items()))) + "\n"


def _write(name: str, text: str) -> None:
    """Write a file beside this one, unless it is the same already, so that nothing is compiled in vain."""
    path = HERE / name
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
