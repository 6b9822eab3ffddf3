"""Builds the Cython fallback of the kernels; everything else is in pyproject.toml.

The kernels' sources are the plain Python files of ``fastlr/kernels``, joined here into one, to which
``fastlr/kernels/_compiled/kernels.pxd`` gives its C types. Without a C compiler the package still installs, says so,
and runs on Numba.
"""

import sys
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

SOURCES = ("loss", "lazy", "sgd", "minibatch", "gd", "rows")

# Not -ffast-math: linked into a shared object it would switch the whole process to flush-to-zero, and NaN and infinity
# must stay visible to the checks for divergence. Nor -fassociative-math: it turns the gather of a row's score into SSE2
# vectors, 25% slower in float64.
FLAGS = (
    ["/O2"]
    if sys.platform == "win32"
    else [
        "-O3",
        "-fno-signed-zeros",
        "-fno-trapping-math",
        "-fno-math-errno",
    ]
)


class OptionalBuild(build_ext):
    """``build_ext`` that survives a machine without a C compiler, and says what that means."""

    def build_extension(self, ext: Extension) -> None:
        """Compile, or say what is missing."""
        try:
            super().build_extension(ext)
        except Exception as error:  # every compiler fails in its own way
            print(
                f"fastlr: {ext.name} was not compiled ({error}); the backend 'cython' will be missing.", file=sys.stderr
            )


KERNELS = Path("fastlr/kernels")
joined = KERNELS / "_compiled" / "kernels.py"
joined.write_text("\n\n".join((KERNELS / f"{name}.py").read_text() for name in SOURCES))

extensions = [
    Extension(f"fastlr.kernels._compiled.{source.stem}", [str(source)], extra_compile_args=FLAGS, optional=True)
    for source in (joined, joined.with_name("entry.pyx"))
]

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
