"""Builds the Cython kernels; everything else is in pyproject.toml.

Their sources are generated from ``fastlr/kernels``: see ``fastlr/kernels/compilers/cython/generate.py``. Without a C
compiler the package still installs, says so, and runs on Numba.
"""

import os
import platform
import runpy
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# Not -ffast-math: linked into a shared object it would switch the whole process to flush-to-zero, and NaN and infinity
# must stay visible to the checks for divergence. Nor -fassociative-math: it turns the gather of a row's score into SSE2
# vectors, 25% slower in float64. Without the debug symbols that Python's own flags ask for, compiling takes 0.7 of the
# time.
FLAGS = (
    ["/O2"] if sys.platform == "win32" else ["-O3", "-fno-signed-zeros", "-fno-trapping-math", "-fno-math-errno", "-g0"]
)

# The entry points only check arguments: they take 9 s instead of 25 to compile so, and a call 0.2 µs more.
ENTRY_FLAGS = [] if sys.platform == "win32" else ["-O1"]

# A wheel must run anywhere, but nearly every x86-64 processor since 2013 has the vector instructions of its third
# level, with which a softmax epoch takes 0.7 of the time. So there the kernels are compiled twice, and the choice is
# made when they are loaded.
LEVEL_3 = ["-march=x86-64-v3"] if platform.machine() in ("x86_64", "AMD64") and sys.platform != "win32" else []
FLAGS_OF_SUFFIXES = {"": [], "_v3": LEVEL_3} if LEVEL_3 else {"": []}

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
}

# By its path, as fastlr itself cannot be imported yet.
generator = runpy.run_path("fastlr/kernels/compilers/cython/generate.py")


class OptionalBuild(build_ext):
    """``build_ext`` on all cores that survives a machine without a C compiler, and says what that means."""

    def finalize_options(self) -> None:
        """Compile the modules side by side unless told otherwise."""
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def build_extensions(self) -> None:
        """Write the C sources, only now: pip runs this file twice before, to ask for requirements and metadata."""
        from Cython.Build import cythonize

        for suffix in FLAGS_OF_SUFFIXES:
            generator["generate"](suffix)
        for extension, compiled in zip(
            self.extensions, cythonize(self.extensions, compiler_directives=DIRECTIVES), strict=True
        ):
            extension.sources = compiled.sources
        super().build_extensions()

    def build_extension(self, ext: Extension) -> None:
        """Compile, or say what is missing."""
        try:
            super().build_extension(ext)
        except Exception as error:  # every compiler fails in its own way
            print(
                f"fastlr: {ext.name} was not compiled ({error}); the backend 'cython' will be missing.", file=sys.stderr
            )


setup(
    ext_modules=[
        Extension(
            f"fastlr.kernels.compilers.cython.{path.stem}",
            [os.path.relpath(path)],
            extra_compile_args=FLAGS + flags + (ENTRY_FLAGS if path.suffix == ".pyx" else []),
            optional=True,
        )
        for suffix, flags in FLAGS_OF_SUFFIXES.items()
        for path in generator["sources"](suffix)
    ],
    cmdclass={"build_ext": OptionalBuild},
)
