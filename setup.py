"""Builds the Cython kernels; everything else is in pyproject.toml.

Their sources are generated from ``fastlr/kernels``: see ``fastlr/kernels/compilers/cython/generate.py``. Without a C
compiler the package still installs, says so, and runs on Numba.
"""

import os
import platform
import runpy
import sys

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# Not -ffast-math: linked into a shared object it would switch the whole process to flush-to-zero, and NaN and infinity
# must stay visible to the checks for divergence. Nor -fassociative-math: it turns the gather of a row's score into SSE2
# vectors, 25% slower in float64.
FLAGS = ["/O2"] if sys.platform == "win32" else ["-O3", "-fno-signed-zeros", "-fno-trapping-math", "-fno-math-errno"]

# A wheel must run anywhere, but nearly every x86-64 processor since 2013 has the vector instructions of its third
# level, with which a softmax epoch takes 0.7 of the time. So there the kernels are compiled twice, and the choice is
# made when they are loaded.
LEVEL_3 = ["-march=x86-64-v3"] if platform.machine() in ("x86_64", "AMD64") and sys.platform != "win32" else []


class OptionalBuild(build_ext):
    """``build_ext`` on all cores that survives a machine without a C compiler, and says what that means."""

    def finalize_options(self) -> None:
        """Compile the modules side by side unless told otherwise."""
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def build_extension(self, ext: Extension) -> None:
        """Compile, or say what is missing."""
        try:
            super().build_extension(ext)
        except Exception as error:  # every compiler fails in its own way
            print(
                f"fastlr: {ext.name} was not compiled ({error}); the backend 'cython' will be missing.", file=sys.stderr
            )


# By its path, as fastlr itself cannot be imported yet.
generate = runpy.run_path("fastlr/kernels/compilers/cython/generate.py")["generate"]


def make_extensions(suffix: str, flags: list[str]) -> list[Extension]:
    """Return the modules whose names end in ``suffix``."""
    return [
        Extension(
            f"fastlr.kernels.compilers.cython.{source.stem}",
            [str(source)],
            extra_compile_args=FLAGS + flags,
            optional=True,
        )
        for source in generate(suffix)
    ]


extensions = make_extensions("", [])
if LEVEL_3:
    extensions += make_extensions("_v3", LEVEL_3)

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
