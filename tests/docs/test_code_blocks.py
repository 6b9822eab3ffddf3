"""Every code block of the README and of the documentation runs.

The blocks of a page run in order, in one namespace and in one temporary folder: ``python``, which is compared with the
output it shows if it begins with ``>>>``, ``sh``, and the lines of ``console`` that begin with ``$``. A page may have
blocks that readers do not see, in HTML comments (``<!-- invisible-code-block: python``), and may skip a block for a
reason (``<!-- skip: next "needs ..." -->``).
"""

import doctest
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from unittest import SkipTest

import matplotlib
import pytest
from sybil import Document
from sybil.parsers.myst import CodeBlockParser, PythonCodeBlockParser, SkipParser

import fastlr

matplotlib.use("Agg")

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

# The languages of blocks that are shown and not run, beside directives in braces.
SHOWN = {"text", "json", "toml", "yaml", "dockerfile"}


def run_shell(example):
    """Run a block by bash, and return what it printed if it failed."""
    return run(example.parsed)


def run_console(example):
    """Run the commands of a session."""
    return run("\n".join(line[2:] for line in example.parsed.splitlines() if line.startswith("$ ")))


def run(script):
    command = ["bash", "-e", "-o", "pipefail", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return f"exit status {done.returncode}\n{done.stdout}{done.stderr}" if done.returncode else None


def parse(page):
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    shells = CodeBlockParser("sh", run_shell), CodeBlockParser("console", run_console)
    return Document.parse(page, PythonCodeBlockParser((), options), *shells, SkipParser())


def write_reviews(folder):
    """Write the files that the README's commands read."""
    rows = ["good\ta warm, funny film", "bad\ta slow, dull film", "good\tan excellent plot", "bad\tdull to the end"]
    for name, first in (("reviews.tsv", "label"), ("new.tsv", "key"), ("test.tsv", "label")):
        (folder / name).write_text(f"{first}\ttext\n" + "\n".join(rows * 20) + "\n", "utf-8")


def compiled_backend():
    """The backend that needs no time to compile, if it is there."""
    try:
        fastlr.SGDClassifier(backend="cython").fit([[0.0], [1.0]], [0, 1])
    except ImportError:
        return "numba"
    return "cython"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_page(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FASTLR_BACKEND", compiled_backend())
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if page.name == "README.md":
        write_reviews(tmp_path)
    document = parse(page)
    document.namespace["find_spec"] = find_spec
    with fastlr.use_backend(compiled_backend()):
        for example in document.examples():
            try:
                example.evaluate()
            except SkipTest:
                continue


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_languages(page):
    """Every block is run or is known as one that is only shown; what is skipped is skipped for a reason."""
    text = page.read_text("utf-8")
    fences = re.findall(r"^ *(`{3,}|:{3,})([^`:\n]*)\n.*?^ *\1 *$", text, re.DOTALL | re.MULTILINE)
    languages = {info.split()[0] if info.strip() else "" for _, info in fences}
    assert {name for name in languages if not name.startswith("{")} <= {"python", "sh", "console", *SHOWN}
    for arguments in re.findall(r"<!-- *skip: *([^\n]*?) *-->", text):
        assert re.fullmatch(r"end|(next|start) .+", arguments), arguments
