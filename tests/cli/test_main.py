"""The command line as a whole: help, usage, and what it imports."""

import os
import subprocess
import sys

import pytest
from helpers.command_line import run

import fastlr
from fastlr.cli import main
from fastlr.kernels.backend import BACKENDS


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_names_the_commands(option):
    result = run(option)
    assert all(f"\n  {name} " in result.output for name in main.COMMANDS)


def test_version():
    result = run("--version")
    assert result.output.strip() == f"fastlr, version {fastlr.__version__}"


@pytest.mark.parametrize("command", [name for name in main.COMMANDS if name != "convert"])
def test_backends_on_offer_are_those_of_the_library(command):
    options = main.main.get_command(None, command).params
    (option,) = (parameter for parameter in options if parameter.name == "backend")
    assert tuple(option.type.choices) == BACKENDS


def test_help_imports_nothing_heavy():
    code = (
        "import sys, fastlr.cli.main as cli; [cli.main.get_command(None, name) for name in cli.COMMANDS]; "
        "print(sorted({'numpy', 'scipy', 'sklearn', 'numba', 'tqdm'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize(
    "args",
    [
        ("train",),
        ("train", "x"),
        ("train", "x", "-o", "y", "--alpha", "1", "--C", "1"),
        ("train", "x", "-o", "y", "--valid", "1.5"),
        ("train", "x", "-o", "y", "--memory", "much"),
        ("train", "x", "-o", "y", "--memory", "0"),
        ("train", "x", "-o", "y", "--penalty", "none", "--alpha", "1"),
        ("train", "x", "-o", "y", "--C", "1e-320"),
        ("train", "x", "-o", "y", "--passes", "99999999999999999999"),
        ("train", "x", "-o", "y", "--seed", "99999999999999999999"),
        ("predict", "m", "x", "--proba", "--top", "3"),
        ("convert", "x", "y"),
        ("unknown",),
    ],
)
def test_wrong_usage(args):
    assert run(*args, code=2).stderr.startswith("Usage: ")


@pytest.mark.parametrize("command", main.COMMANDS)
def test_help_shows_examples(command):
    said = run(command, "--help").stdout
    assert said.startswith("Usage: ")
    assert command == "demo" or f"  fastlr {command} " in said or f"| fastlr {command} " in said


def test_train_and_predict_import_little(folder):
    pytest.importorskip("fastlr.kernels.compilers.cython.log_loss_baseline")
    code = (
        "import sys, click, numpy; before = set(sys.modules)\n"  # some versions import more than others
        "from fastlr.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: print(*set(sys.modules) - before)"
    )
    heavy = {"sklearn", "scipy", "numba", "tqdm", "pandas", "numpy.ma", "tempfile", "pathlib"}
    heavy |= {"fastlr.kernels.sources.sgd", "fastlr.files.json_lines"}
    training = {"numpy.random", "concurrent.futures", "fastlr.training.plan", "fastlr.schedules"}
    training |= {"fastlr.files.delimited"}
    for needless, args in (
        (heavy, ["train", folder / "two.tsv", "-o", folder / "light.fastlr", "--backend", "cython", "-q"]),
        (heavy | training, ["predict", folder / "two.fastlr", folder / "none.txt", "--backend", "cython", "-q"]),
    ):
        (folder / "none.txt").write_text("plum\n")
        command = [sys.executable, "-c", code, *map(str, args)]
        said = subprocess.run(command, capture_output=True, text=True, check=True)
        assert not needless & set(said.stdout.splitlines()[-1].split()), said.stderr


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="counts the threads of the process as Linux does")
def test_openblas_starts_no_threads_unless_asked_to():
    code = (
        "import os, sys; from fastlr.__main__ import main; sys.argv[1:] = ['--version']\n"
        "def said(code): import numpy; print(os.environ['OPENBLAS_NUM_THREADS'], len(os.listdir('/proc/self/task')))\n"
        "os._exit = said\n"
        "main()"
    )
    others = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    for asked, n in (({}, "1"), ({"OPENBLAS_NUM_THREADS": "2"}, "2")):
        command = [sys.executable, "-c", code]
        said = subprocess.run(command, capture_output=True, text=True, check=True, env=others | asked)
        set_to, n_threads = said.stdout.splitlines()[-1].split()
        assert set_to == n
        assert asked or n_threads == "1"
