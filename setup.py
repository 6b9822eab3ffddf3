"""Builds the Cython kernels; everything else is in pyproject.toml.

Their source is generated from ``fastlr/kernels``: see ``fastlr/kernels/compilers/cython/generate.py``. Without a C
compiler the package still installs, says so, and runs on Numba.
"""

import os
import runpy
import sys
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# Not -ffast-math: linked into a shared object it would switch the whole process to flush-to-zero, and NaN and infinity
# must stay visible to the checks for divergence. Nor -fassociative-math: it turns the gather of a row's score into SSE2
# vectors, 25% slower in float64. No sum is reordered and no product fused, so that all builds have the same bits. Loops
# begin at multiples of 32 bytes: elsewhere the same instructions take up to 1.5 of the time, and a change in one
# kernel moves all those behind it. The debug symbols that Python's own flags ask for would take a third of the build
# time.
FLAGS = (
    ["/O2", "/fp:precise"]
    if sys.platform == "win32"
    else [
        "-O3",
        "-ffp-contract=off",
        "-fno-trapping-math",
        "-fno-math-errno",
        "-falign-functions=64",
        "-falign-loops=32",
        "-g0",
    ]
)

# A wheel must run anywhere, but nearly every x86-64 processor since 2013 has the vector instructions of its third
# level, with which a softmax epoch takes 0.7 of the time. So there the same C is compiled twice, and the choice is made
# when the kernels are loaded: by these instructions, so no others of the level may be used.
LEVELS: dict[str, list[str]] = {"baseline": []}
if sysconfig.get_platform().endswith(("x86_64", "amd64")):
    LEVELS["v3"] = ["/arch:AVX2"] if sys.platform == "win32" else ["-mavx2", "-mfma", "-mbmi2"]

PACKAGE = "fastlr.kernels.compilers.cython"

# By its path, as fastlr itself cannot be imported yet.
generator = runpy.run_path("fastlr/kernels/compilers/cython/generate.py")

MODULES = [(loss, level) for loss in generator["LOSSES"] for level in LEVELS]


class BuildKernels(build_ext):
    """``build_ext`` that survives a machine without a C compiler, and says what that means."""

    def finalize_options(self) -> None:
        """Compile on all cores unless told otherwise."""
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()
        self.beside_sources = bool(self.inplace)  # kept, because `run` sets `inplace` to 0

    def build_extensions(self) -> None:
        """Write the C sources, only now: pip runs this file twice before, to ask for requirements and metadata."""
        folder = Path(self.build_temp)
        folder.mkdir(parents=True, exist_ok=True)
        missing = self.find_missing(folder)
        if missing:
            report(f"{missing} missing, so the Cython kernels are not built. fastlr will run on Numba.")
            for extension in self.extensions:
                self.remove(extension)
            return
        for loss in generator["LOSSES"]:
            translate(loss, folder)
        for extension, (loss, level) in zip(self.extensions, MODULES, strict=True):
            source = folder / f"{loss}_{level}.c"
            write(source, f'#define PyInit_{loss} PyInit_{loss}_{level}\n#include "{loss}.c"\n')
            extension.sources, extension.depends = [str(source)], [str(folder / f"{loss}.c"), "setup.py"]
        super().build_extensions()

    def find_missing(self, folder: Path) -> str | None:
        """Return which prerequisite of compiling is missing, with its verb; None if none is."""
        source = folder / "probe.c"
        for text, need in (
            ("int one = 1;\n", "A C compiler is"),
            ("#include <Python.h>\n", "The headers of Python are"),
        ):
            write(source, text)
            try:
                self.compiler.compile([str(source)], output_dir=str(folder))
            except Exception:  # every compiler fails in its own way
                return need
        return None

    def build_extension(self, ext: Extension) -> None:
        """Compile a module; if that fails, report it and go on without the module."""
        try:
            super().build_extension(ext)
        except Exception:
            report(f"{ext.name} was not compiled: see the compiler's messages above.")
            self.remove(ext)

    def remove(self, ext: Extension) -> None:
        """Remove a module compiled from older sources, so that it is not taken for the current one."""
        module = Path(self.get_ext_fullpath(ext.name))
        module.unlink(missing_ok=True)
        if self.beside_sources:
            Path(*PACKAGE.split("."), module.name).unlink(missing_ok=True)


def report(message: str) -> None:
    """Print one line, which pip shows with ``-v``."""
    print(f"fastlr: {message}", file=sys.stderr)


def translate(loss: str, folder: Path) -> None:
    """Translate the kernels of a loss to C, unless neither they nor Cython have changed."""
    import Cython
    from Cython.Build import cythonize

    source = folder / f"{loss}.pyx"
    write(source, f"# Translated by Cython {Cython.__version__}.\n{generator['generate'](loss)}")
    # No module may have this name: the C code enters it in sys.modules at either level.
    cythonize([Extension(f"{PACKAGE}.{loss}", [str(source)])])


def write(path: Path, text: str) -> None:
    """Write a file unless it is the same already, so that nothing is compiled in vain."""
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


setup(
    ext_modules=[
        Extension(f"{PACKAGE}.{loss}_{level}", [], extra_compile_args=FLAGS + LEVELS[level], optional=True)
        for loss, level in MODULES
    ],
    cmdclass={"build_ext": BuildKernels},
)
