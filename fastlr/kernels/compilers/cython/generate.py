"""Writes the Cython source of a loss: all kernels with their C types, and the entry points that Python calls.

``setup.py`` runs this file by its path, before there is anything that can be imported: it needs nothing but Python.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import runpy
from collections.abc import Iterator, Mapping
from pathlib import Path

HERE = Path(__file__).parent
SOURCES = HERE.parents[1] / "sources"

NAMES = runpy.run_path(str(HERE.parents[1] / "bind.py"))
LOSSES: tuple[str, ...] = NAMES["LOSSES"]

DIRECTIVES = """\
# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: freethreading_compatible=True
"""

# The C declaration of a function, preceded by the types of its local variables.
DECLARATION = re.compile(
    r"(^@cython\.locals\([^()]*\)\n)?^cdef (?P<result>[\w ]+) (?P<name>\w+)\((?P<parameters>[^()]*)\) noexcept nogil$",
    re.MULTILINE,
)
DEFINITION = re.compile(r"^def (?P<name>\w+)\((?P<parameters>[^()]*)\):", re.MULTILINE)

# The last arguments of take_array (see arrays.pxi) by the type of the array's entries.
ENTRIES = {
    "int": "b'i', sizeof(int)",
    "long long": "b'i', sizeof(long long)",
    "Py_ssize_t": "b'i', sizeof(Py_ssize_t)",
    "unsigned char": "b'u', sizeof(unsigned char)",
    "uint64": "b'u', sizeof(uint64)",
    "float": "b'f', sizeof(float)",
    "double": "b'f', sizeof(double)",
    "index": "b'i', 0",
    "real": "b'f', 0",
}
# Parameters that may be None, in entry points that have all of them: see sources/averaging.py.
OPTIONAL = {"counts", "history"}
FUSED = {"index": ("cython.int", "cython.longlong"), "real": ("cython.float", "cython.double")}

Declarations = Mapping[str, "re.Match[str]"]


def generate(loss: str) -> str:
    """Return the source of the module of a loss."""
    types = "\n".join((_text(HERE / "kernels.pxd"), _text(HERE / "losses" / f"{loss}.pxd")))
    declarations = {match["name"]: match for match in DECLARATION.finditer(types)}
    kernels = [*(name for name in NAMES["SOURCES"] if name != "state"), f"losses/{loss}"]
    entry_points = [name for group in NAMES["ENTRY_POINTS"].values() for name in group]
    source = "\n\n".join(
        (
            DIRECTIVES,
            DECLARATION.sub("", types),
            enum(SOURCES / "state.py"),
            *(typed(_text(SOURCES / f"{name}.py"), declarations) for name in kernels),
            _text(HERE / "levels.pxi"),
            _text(HERE / "arrays.pxi"),
            *(entry_point(name, declarations) for name in entry_points),
        )
    )
    return f'{source}\n\nversion = "{hashlib.sha256(source.encode()).hexdigest()[:12]}"\n'


def enum(constants: Path) -> str:
    """Return the constants of a file as an enum, since kernels cannot read the variables of a module."""
    values = {name: value for name, value in runpy.run_path(str(constants)).items() if isinstance(value, int)}
    return "\n    ".join(("cdef enum:", *(f"{name} = {value}" for name, value in values.items())))


def typed(source: str, declarations: Declarations) -> str:
    """Return kernels with the types of their declarations, and without imports: the functions of C are declared."""

    def with_types(definition: re.Match[str]) -> str:
        declaration = _declaration(definition["name"], declarations)
        if re.findall(r"\w+", definition["parameters"]) != [name for _, name in _parameters(declaration)]:
            raise ValueError(f"The parameters of {definition['name']} are not those of its declaration.")
        return f"{declaration[0]}:"

    return DEFINITION.sub(with_types, re.sub(r"^from math import .*\n", "", source, flags=re.MULTILINE))


def entry_point(name: str, declarations: Declarations) -> str:
    """Return the function that Python calls: it checks the arrays, and releases the GIL around the kernel."""
    declaration = _declaration(name, declarations)
    result = declaration["result"]
    parameters, types, arguments, arrays, fused = [], [], [], [], []
    optional = OPTIONAL if OPTIONAL.issubset(name for _, name in _parameters(declaration)) else set()
    if name == "averaged":  # there is a mean only where iterates are counted
        optional = optional - {"counts"}
    for type, parameter in _parameters(declaration):
        entry, is_array, axes = type.partition("[")
        if not is_array:
            parameters.append(f"{type} {parameter}")
            types.append(type)
            arguments.append(parameter)
            continue
        parameters.append(parameter)
        types.append("View")
        arguments.append(f"arrays.views[{len(arrays)}]")
        writable, entry = not entry.startswith("const "), entry.removeprefix("const ")
        checks = f"{axes.count(',') + 1}, {writable}, {parameter in optional}, {ENTRIES[entry]}"
        arrays.append(f"take_array(&arrays, {parameter}, '{parameter}', {checks})")
        if entry in FUSED and entry not in fused:
            fused.append(entry)
    call = f"kernel({', '.join(arguments)})"
    return "\n".join(
        (
            f"ctypedef {result} (*{name}_kernel)({', '.join(types)}) noexcept nogil",
            f"\ndef call_{name}({', '.join(parameters)}):",
            "    cdef Arrays arrays",
            f"    cdef {name}_kernel kernel",
            *([] if result == "void" else [f"    cdef {result} result"]),
            "    arrays.n_buffers = arrays.n_views = arrays.index = arrays.real = 0",
            "    try:",
            *(f"        {line}" for line in arrays),
            *(f"        {line}" for line in _choice(name, fused)),
            "        with nogil:",
            f"            {call}" if result == "void" else f"            result = {call}",
            *([] if result == "void" else ["        return result"]),
            "    finally:",
            "        release_arrays(&arrays)",
        )
    )


def _choice(name: str, fused: list[str]) -> Iterator[str]:
    """Yield the lines that choose the kernel for the types of the arrays."""
    if not fused:
        yield f"kernel = <{name}_kernel>{name}"
        return
    for types in itertools.product(*(FUSED[entry] for entry in fused)):
        test = " and ".join(f"arrays.{entry} == sizeof({type})" for entry, type in zip(fused, types, strict=True))
        yield f"if {test}:"
        yield f"    kernel = <{name}_kernel>{name}[{', '.join(types)}]"


def _parameters(declaration: re.Match[str]) -> Iterator[tuple[str, str]]:
    """Yield the type and the name of each parameter."""
    # The commas in brackets, as of double[:, ::1], are followed by a colon.
    for parameter in re.split(r",(?! ?:)", declaration["parameters"].strip(" \n,")):
        type, _, name = parameter.strip().rpartition(" ")
        yield type, name


def _declaration(name: str, declarations: Declarations) -> re.Match[str]:
    """Return the declaration of a function."""
    if name not in declarations:
        raise ValueError(f"No .pxd file declares {name}.")
    return declarations[name]


def _text(path: Path) -> str:
    """Return the content of a file."""
    return path.read_text("utf-8")
