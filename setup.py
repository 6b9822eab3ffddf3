"""Builds the Cython fallback of the kernels; everything else is in pyproject.toml.

The kernels' sources are the plain Python files of ``fastlr/kernels``; the ``.pxd`` files of ``fastlr/kernels/_compiled``
give them their C types. Without a C compiler the package still installs, says so, and runs on Numba.
"""

import sys

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

COMPILED = "fastlr.kernels._compiled"

# Not -ffast-math: linked into a shared object it would switch the whole process to flush-to-zero, and NaN and infinity
# must stay visible to the checks for divergence.
FLAGS = (
    ["/O2"]
    if sys.platform == "win32"
    else [
        "-O3",
        "-fassociative-math",
        "-fno-signed-zeros",
        "-fno-trapping-math",
        "-fno-math-errno",
        "-freciprocal-math",
    ]
)


class OptionalBuild(build_ext):
    """``build_ext`` that survives a machine without a C compiler, and says what that means."""

    def build_extension(self, ext: Extension) -> None:
        try:
            super().build_extension(ext)
        except Exception as error:  # every compiler fails in its own way
            print(f"fastlr: {ext.name} was not compiled ({error}); the backend 'cython' will be missing.", file=sys.stderr)


extensions = [
    Extension(f"{COMPILED}.{name}", [f"fastlr/kernels/{name}.py"], extra_compile_args=FLAGS, optional=True)
    for name in ("loss", "lazy", "sgd", "minibatch", "gd", "rows")
]
extensions.append(
    Extension(f"{COMPILED}.entry", ["fastlr/kernels/_compiled/entry.pyx"], extra_compile_args=FLAGS, optional=True)
)

setup(
    ext_modules=cythonize(
        extensions,
        compiler_directives={
            "language_level": 3,
            "boundscheck": False,
            "wraparound": False,
            "cdivision": True,
            "initializedcheck": False,
        },
    ),
    cmdclass={"build_ext": OptionalBuild},
)
