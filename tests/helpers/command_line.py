"""The command line, run within the process of the tests or in one of its own, and files of texts for it."""

import subprocess
import sys

import numpy as np
from click.testing import CliRunner

from fastlr.cli import main

COMMAND = [sys.executable, "-m", "fastlr"]

WORDS = {
    "fruit": ["apple", "pear", "plum", "cherry", "quince", "fig", "grape"],
    "metal": ["iron", "copper", "zinc", "lead", "silver", "gold", "tin"],
    "tool": ["hammer", "saw", "drill", "chisel", "plane", "file", "wrench"],
}
COMMON = ["the", "of", "and", "with", "under"]

CSV = "label,text\n" + "good,fine film\nbad,dull film\n" * 9


def run(*args, code=0, **options):
    result = CliRunner().invoke(main.main, [str(arg) for arg in args], **options)
    assert result.exit_code == code, (result.output, result.exception)
    return result


def refused(*args):
    """Assert that a command fails with one line; return it."""
    result = run(*args, code=1)
    assert result.stderr.count("\n") == 1, result.stderr
    assert result.stderr.startswith("Error: ")
    assert result.stdout == ""
    return result.stderr


def subprocess_run(*args, code=0, **options):
    result = subprocess.run([*COMMAND, *map(str, args)], capture_output=True, text=True, check=False, **options)
    assert result.returncode == code, result.stderr
    return result


def train(data, folder, name, *options):
    return run("train", folder / data, "-o", folder / f"{name}.fastlr", *options).stderr


def draw(n, classes, seed=0):
    """Texts of which half of the words tell the class."""
    rng = np.random.default_rng(seed)
    for label in rng.choice(list(classes), n):
        yield str(label), " ".join([*rng.choice(WORDS[label], 4), *rng.choice(COMMON, 4)])


def write_tsv(path, rows):
    path.write_text("".join(f"{label}\t{text}\n" for label, text in rows))
    return str(path)


def write_csv(path, names, rows):
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in [names, *rows]))
    return path
