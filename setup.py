"""Builds the Cython kernels; everything else is in pyproject.toml.

Their source is generated from ``fastlr/kernels``: see ``fastlr/kernels/compilers/cython/generate.py``. Without a C
compiler the package still installs, says so, and runs on Numba.
"""

import os
import platform
import runpy
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# Not -ffast-math: linked into a shared object it would switch the whole process to flush-to-zero, and NaN and infinity
# must stay visible to the checks for divergence. Nor -fassociative-math: it turns the gather of a row's score into SSE2
# vectors, 25% slower in float64. No sum is reordered and no product fused, so that all builds have the same bits. The
# debug symbols that Python's own flags ask for take a third of the time.
FLAGS = (
    ["/O2", "/fp:precise"]
    if sys.platform == "win32"
    else ["-O3", "-ffp-contract=off", "-fno-trapping-math", "-fno-math-errno", "-g0"]
)

# A wheel must run anywhere, but nearly every x86-64 processor since 2013 has the vector instructions of its third
# level, with which a softmax epoch takes 0.7 of the time. So there the same C is compiled twice, and the choice is made
# when the kernels are loaded.
LEVELS = {"baseline": []}
if platform.machine() in ("x86_64", "AMD64"):
    LEVELS["v3"] = ["/arch:AVX2"] if sys.platform == "win32" else ["-march=x86-64-v3"]

# By its path, as fastlr itself cannot be imported yet.
generator = runpy.run_path("fastlr/kernels/compilers/cython/generate.py")

MODULES = [(loss, level) for loss in generator["LOSSES"] for level in LEVELS]


class BuildKernels(build_ext):
    """``build_ext`` that survives a machine without a C compiler, and says what that means."""

    def finalize_options(self) -> None:
        """Compile on all cores unless told otherwise."""
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()
        self.errors: dict[str, Exception] = {}

    def build_extensions(self) -> None:
        """Write the C sources, only now: pip runs this file twice before, to ask for requirements and metadata."""
        folder = Path(self.build_temp)
        folder.mkdir(parents=True, exist_ok=True)
        for loss in generator["LOSSES"]:
            translate(loss, folder)
        for extension, (loss, level) in zip(self.extensions, MODULES, strict=True):
            source = folder / f"{loss}_{level}.c"
            write(source, f'#define PyInit_{loss} PyInit_{loss}_{level}\n#include "{loss}.c"\n')
            extension.sources, extension.depends = [str(source)], [str(folder / f"{loss}.c"), "setup.py"]
        super().build_extensions()
        if self.errors:
            print(
                f"fastlr: {', '.join(self.errors)} not compiled ({next(iter(self.errors.values()))}). The backend "
                "'cython' needs a C compiler and the headers of Python; without it, fastlr runs on Numba.",
                file=sys.stderr,
            )

    def build_extension(self, ext: Extension) -> None:
        """Compile a module, or leave none: one of an older source must not be taken for it."""
        try:
            super().build_extension(ext)
        except Exception as error:  # every compiler fails in its own way
            self.errors[ext.name.rpartition(".")[2]] = error
            module = Path(self.get_ext_fullpath(ext.name))
            module.unlink(missing_ok=True)
            Path(*ext.name.split(".")[:-1], module.name).unlink(missing_ok=True)


def translate(loss: str, folder: Path) -> None:
    """Translate the kernels of a loss to C, unless neither they nor Cython have changed."""
    import Cython
    from Cython.Build import cythonize

    source = folder / f"{loss}.pyx"
    write(source, f"# Translated by Cython {Cython.__version__}.\n{generator['generate'](loss)}")
    # A name that no module has: the C enters it in the list of modules.
    cythonize([Extension(f"fastlr.kernels.compilers.cython.{loss}", [str(source)])])


def write(path: Path, text: str) -> None:
    """Write a file unless it is the same already, so that nothing is compiled in vain."""
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


setup(
    ext_modules=[
        Extension(
            f"fastlr.kernels.compilers.cython.{loss}_{level}",
            [],
            extra_compile_args=FLAGS + LEVELS[level],
            optional=True,
        )
        for loss, level in MODULES
    ],
    cmdclass={"build_ext": BuildKernels},
)
