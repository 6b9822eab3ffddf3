"""`fastlr demo`."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from fastlr.cli import demo, main

PROSE = "This sentence is a docstring that is long enough, as it has more than ten words."


VOCABULARY = {
    "fruit": ["apple", "pear", "plum", "cherry", "quince", "fig", "grape", "melon", "lemon"],
    "metal": ["iron", "copper", "zinc", "lead", "silver", "gold", "tin", "nickel", "cobalt"],
}


def module(texts):
    return "\n".join(f"def f{i}():\n    {text!r}\n" for i, text in enumerate(texts))


def write_package(site, name, n_documents):
    words = np.random.default_rng(0).choice(VOCABULARY[name], size=(n_documents, 12))
    (site / name).mkdir(parents=True)
    (site / name / "__init__.py").write_text(module(" ".join(row) for row in words))


@pytest.fixture
def site(tmp_path, monkeypatch):
    """An empty folder that the demo takes for the only one with packages."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.setattr(demo, "site_folders", lambda: [str(folder)])
    return folder


def run(*args):
    return CliRunner().invoke(main.main, args)


def tables(report):
    """Cut a report into its tables, and these into cells."""
    return [[re.split(r" {3,}", line) for line in block.splitlines()] for block in report.strip().split("\n\n")]


def check_report(report):
    """Assert what holds for every report; return its classes, their words, and the probabilities of the sentence."""
    _, facts, strengths, scores, words, sentence = tables(report)
    assert [len({len(row) for row in table[1:]}) for table in (scores, words)] == [1, 1]
    facts = {name: value for name, value, *_ in facts}
    assert int(facts["classes"]) == len(words) - 1
    assert int(facts["documents"].replace(",", "")) == sum(int(n.replace(",", "")) for _, n, _ in words[1:])
    assert float(facts["training time"].removesuffix(" s")) >= 0
    losses = {row[0]: float(row[1]) for row in strengths[1:]}
    assert len(losses) == 3
    (chosen,) = (row for row in strengths[1:] if row[-1] == "chosen")
    assert float(chosen[1]) == min(losses.values())
    (_, accuracy, loss), (_, base_accuracy, base_loss) = scores[1:]
    assert float(accuracy.rstrip("%")) > float(base_accuracy.rstrip("%"))
    assert float(loss) < float(base_loss)
    top = {name: listed.split(", ") for name, _, listed in words[1:]}
    assert all(len(set(listed)) == 5 for listed in top.values())
    probabilities = {row[0]: float(row[1].strip().rstrip("%")) / 100 for row in sentence[-min(3, len(top)) :]}
    assert set(probabilities) <= set(top)
    assert sorted(probabilities.values(), reverse=True) == list(probabilities.values())
    assert 0 < sum(probabilities.values()) <= 1 + 3 * 0.0005  # each is rounded
    return top, probabilities


def test_demo_help_names_the_options():
    result = run("demo", "--help")
    assert result.exit_code == 0
    for option in ("--seed", "--sentence", "--backend"):
        assert option in result.output


def test_demo_on_this_machine():
    """Through a pipe, which gets UTF-8 where the locale has ASCII."""
    if os.environ.get("FASTLR_BACKEND") == "numpy":
        pytest.skip("the reference takes many minutes for it")
    command = [sys.executable, "-c", "from fastlr.cli.main import main; main()"]
    result = subprocess.run(
        [*command, "demo", "--sentence", "Install the package, voilà"],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == b""
    report = result.stdout.decode("utf-8").replace("\r\n", "\n")
    assert '"Install the package, voilà"' in report
    top, _ = check_report(report)
    assert {"numpy", "scipy", "sklearn"} <= set(top)


def test_demo_with_two_small_packages(site, compiled):
    for name in VOCABULARY:
        write_package(site, name, 100)
    result = run("demo", "--backend", compiled, "--sentence", "A plum, and gold, silver and tin.")
    assert result.exit_code == 0, result.output
    top, probabilities = check_report(result.output)
    assert re.search(rf"^backend +{compiled}$", result.output, re.MULTILINE)
    assert all(set(words) <= set(VOCABULARY[name]) for name, words in top.items())
    assert probabilities["metal"] > 0.5
    assert sum(probabilities.values()) == pytest.approx(1, abs=0.002)


def test_seed_decides_everything_but_the_times(site):
    for name in VOCABULARY:
        write_package(site, name, 100)

    def timeless(seed):
        output = run("demo", "--seed", seed).output
        lines = [" ".join(line.split()) for line in output.splitlines()]  # a column is as wide as the longest time
        return [line for line in lines if not re.match(r"compile time|training time|speed", line)]

    assert timeless("1") == timeless("1")
    assert timeless("1") != timeless("2")


@pytest.mark.parametrize("sentence", ["", "Xyzzy!", "\udcff"])
def test_sentence_without_known_words(site, sentence):
    for name in VOCABULARY:
        write_package(site, name, 100)
    result = run("demo", "--sentence", sentence)
    assert result.exit_code == 0, result.output
    assert "None of its words is a feature" in result.output
    check_report(result.output)


def test_too_few_packages_is_one_line(site):
    write_package(site, "fruit", 100)
    result = run("demo")
    assert result.exit_code == 1
    assert re.fullmatch(r"Error: The demo needs two installed packages .*there are 1 under .*\n", result.output)


def test_missing_backend_is_one_line(monkeypatch):
    def missing(name):
        raise ImportError("No compiled backend.\nInstall one.")

    monkeypatch.setattr("fastlr.kernels.backend.resolve_backend", missing)
    result = run("demo")
    assert result.exit_code == 1
    assert result.output == "Error: No compiled backend. Install one.\n"


@pytest.mark.parametrize("args", [("--seed", "-1"), ("--backend", "abacus"), ("--seed", "x")])
def test_wrong_usage(args):
    assert run("demo", *args).exit_code == 2


def test_read_docstrings_of_module_classes_and_functions(tmp_path):
    path = tmp_path / "m.py"
    path.write_text(
        f'"""Module. {PROSE}"""\n'
        f'class C:\n    """Class. {PROSE}"""\n    def m(self):\n        """Method. {PROSE}"""\n'
        f'try:\n    async def f():\n        """Coroutine. {PROSE}"""\n'
        f'except E:\n    def g():\n        """Handler. {PROSE}"""\n'
        f'def short():\n    """Too short."""\ndef none():\n    return "{PROSE}"\n'
    )
    firsts = {text.split(".")[0] for text in demo.read_docstrings(path)}
    assert firsts == {"Module", "Class", "Method", "Coroutine", "Handler"}


def test_read_docstrings_drops_doctest_lines(tmp_path):
    path = tmp_path / "m.py"
    doctest = "    >>> import secret\n    >>> for s in secret:\n    ...     secret(s)\n"
    path.write_text(f'"""{PROSE}\n\n{doctest}\nIn all... the end.\n"""')
    (text,) = demo.read_docstrings(path)
    assert "secret" not in text
    assert "In all... the end." in text


def test_read_docstrings_counts_words_without_doctests(tmp_path):
    path = tmp_path / "m.py"
    path.write_text('"""Too short.\n\n>>> a , b , c , d , e , f , g = range ( 1 , 8 )\n"""')
    assert demo.read_docstrings(path) == []


HOSTILE = {
    "empty": b"",
    "byte order mark": b"\xef\xbb\xbf",
    "syntax error": f'"""{PROSE}"""\ndef broken(:\n'.encode(),
    "Python 2": f'"""{PROSE}"""\nprint "x"\n'.encode(),
    "NUL": f'"""{PROSE}"""\nx = 1\0\n'.encode(),
    "not UTF-8": f'"""{PROSE} Café."""\n'.encode("latin-1"),
    "UTF-16": f'"""{PROSE}"""\n'.encode("utf-16"),
    "unknown coding": f'# coding: no-such-codec\n"""{PROSE}"""\n'.encode(),
    "coding of text": f'# coding: rot13\n"""{PROSE}"""\n'.encode(),
    "open brackets": b"x = " + b"(" * 100_000,
    "many signs": b"x = " + b"-" * 100_000 + b"1\n",
    "nested calls": b"x = " + b"f(" * 5000 + b")" * 5000 + b"\n",
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_read_docstrings_survives(tmp_path, source):
    path = tmp_path / "hostile.py"
    path.write_bytes(source)
    assert demo.read_docstrings(path) == []


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_read_docstrings_decodes_as_python_does(tmp_path, newline):
    path = tmp_path / "latin.py"
    path.write_bytes(f'# -*- coding: latin-1 -*-{newline}"""{PROSE} Café."""{newline}'.encode("latin-1"))
    assert demo.read_docstrings(path) == [f"{PROSE} Café."]


@pytest.mark.filterwarnings("error")
def test_read_docstrings_does_not_warn_of_other_peoples_code(tmp_path):
    path = tmp_path / "m.py"
    path.write_text(f'"""{PROSE} \\d"""\nx = 1 is 1\n')
    assert demo.read_docstrings(path) == [f"{PROSE} \\d"]


def test_read_docstrings_of_what_is_no_readable_file(tmp_path):
    assert demo.read_docstrings(tmp_path / "absent.py") == []
    assert demo.read_docstrings(tmp_path) == []


def test_find_packages(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for path in ("a/m.py", "a/sub/n.py", "a/tests/t.py", "a/_vendor/b/v.py", "a/data.txt", "single.py"):
        (first / path).parent.mkdir(parents=True, exist_ok=True)
        (first / path).write_text("x = 1\n")
    (first / "a" / "table.py").write_text("#" * (demo.MAX_BYTES + 1))
    (first / "a" / "folder.py").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(first / "a" / "pipe.py")
    for path in ("a/shadowed.py", "b/m.py"):
        (second / path).parent.mkdir(parents=True)
        (second / path).write_text("x = 'longer than all of a'\n")
    found = demo.find_packages([first, second, tmp_path / "absent"])
    assert list(found) == ["b", "a"]
    assert found["b"] == [str(second / "b" / "m.py")]
    assert set(found["a"]) == {str(first / "a" / "m.py"), str(first / "a" / "sub" / "n.py")}


def test_read_packages_drops_duplicates_and_caps(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "MAX_DOCUMENTS", 3)
    own = [f"{PROSE} Number {i}." for i in range(5)]
    for name, texts in {"a": [PROSE, own[0], own[0]], "b": [PROSE, own[1]], "c": own[2:]}.items():
        (tmp_path / f"{name}.py").write_text(module(texts))
    (tmp_path / "more.py").write_text(module([f"{PROSE} One too many."]))
    documents = demo.read_packages(
        {"a": [tmp_path / "a.py"], "b": [tmp_path / "b.py"], "c": [tmp_path / "c.py", tmp_path / "more.py"]}
    )
    assert {name: sorted(texts) for name, texts in documents.items()} == {"a": own[:1], "b": own[1:2], "c": own[2:]}


def test_choose_classes_lowers_the_bar_only_if_it_must():
    many, few, fewer = ["x"] * 300, ["x"] * 299, ["x"] * 49
    assert list(demo.choose_classes({"b": many, "a": many, "c": few})) == ["a", "b"]
    assert list(demo.choose_classes({"a": fewer, "b": few, "c": many})) == ["c", "b"]
    assert len(demo.choose_classes({str(i): many for i in range(demo.MAX_CLASSES + 1)})) == demo.MAX_CLASSES
