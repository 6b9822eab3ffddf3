"""Output that cannot be written leaves nothing behind; devices, pipes and logs stay, and are written to."""

import contextlib
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from helpers.command_line import COMMAND, refused, run, subprocess_run, write_tsv

import fastlr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="has no disk that is full")
@pytest.mark.parametrize(
    "command", ["inspect two.fastlr", "predict two.fastlr two.tsv -q", "--help", "train --help", "--version"]
)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_that_cannot_be_written(folder, command, unbuffered):
    said = subprocess.run(
        ["sh", "-c", '"$@" > /dev/full', "sh", *COMMAND, *command.split()],
        capture_output=True, text=True, check=False, cwd=folder, env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )  # fmt: skip
    assert (said.returncode, said.stderr) == (1, "Error: No space left on device\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="has no disk that is full")
@pytest.mark.parametrize("command", ["--no-such-option", "inspect no.fastlr"])
def test_errors_that_cannot_be_written(folder, command):
    line = ["sh", "-c", '"$@" > /dev/full 2> /dev/full', "sh", *COMMAND, *command.split()]
    environment = {**os.environ, "PYTHONUNBUFFERED": ""}
    assert subprocess.run(line, check=False, cwd=folder, env=environment).returncode in (1, 2)


@pytest.mark.skipif(os.name != "posix", reason="limits the size of files")
@pytest.mark.parametrize(
    "command", ["train two.tsv -q -o", "convert -q --to csv two.tsv", "convert two.fastlr --to pickle"]
)
def test_disk_that_is_full_leaves_nothing(folder, command):
    """As where no file may have more than 1,024 bytes."""
    pytest.importorskip("fastlr.kernels.compilers.cython.log_loss_baseline")  # Numba writes files of its own
    code = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))\n"
        "from fastlr.__main__ import main; main()"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, *command.split(), "full.out"],
        capture_output=True, text=True, check=False, cwd=folder, env=os.environ | {"FASTLR_BACKEND": "cython"},
    )  # fmt: skip
    assert (said.returncode, said.stderr) == (1, "Error: full.out: File too large\n")
    assert not list(folder.glob("full.out*"))


def test_places_that_cannot_be_read_or_written(folder):
    data = folder / "two.tsv"
    assert "is a directory" in refused("train", data, "-o", folder, "-q").lower()
    assert "the name of the output file is empty" in refused("train", data, "-o", "", "-q")
    assert "cannot write to" in refused("train", data, "-o", folder / ("x" * 300), "-q")
    assert refused("train", "", "-o", folder / "m", "-q") == "Error: '': No such file or directory\n"
    assert "does not exist" in refused("train", data, "-o", folder / "none" / "m", "-q")
    assert "No such file" in refused("train", folder / "absent.tsv", "-o", folder / "m", "-q")
    (folder / "nothing").mkdir()
    assert "has no files with data" in refused("train", folder / "nothing", "-o", folder / "m", "-q")
    assert "No such file" in refused("predict", folder / "absent.fastlr", data, "-q")
    assert "is not an intact fastlr file" in refused("predict", data, data, "-q")
    unlike = write_tsv(folder / "unlike.tsv", [("x", "one"), ("y", "two"), ("x", "three")])
    message = refused("evaluate", folder / "two.fastlr", unlike, "-q")
    assert "has labels that the model does not know: 'x', 'y' (it knows 'fruit', 'tool')" in message
    assert "labels that are not in the training data: ['x', 'y']" in refused(
        "train", data, "-o", folder / "m", "--valid", unlike, "-q"
    )
    assert not (folder / "m").exists()
    (folder / "same.tsv").hardlink_to(data)
    before = data.read_bytes()
    for options in ((data,), (folder / "train.tsv", "--valid", data)):
        assert "the model would overwrite the data" in refused("train", *options, "-o", folder / "same.tsv", "-q")
    assert data.read_bytes() == before


OUTPUTS = [
    "train two.tsv -q -o",
    "convert two.fastlr -q --to pickle",
    "convert two.tsv -q --to jsonl",
    "convert rows.tsv -q --to svmlight",
    "convert rows.tsv -q --to parquet",
]


def in_a_log(folder, redirection, *arguments):
    """What a log holds after a command whose output goes to it, between two others."""
    (folder / "log").write_bytes(b"precious\n")
    shell = ["sh", "-c", f'(echo before; "$@"; echo after) {redirection}', "sh", *COMMAND, *arguments]
    subprocess.run(shell, check=True, cwd=folder)
    return (folder / "log").read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="redirects by a shell")
@pytest.mark.parametrize("command", OUTPUTS)
def test_standard_output_gets_what_a_file_gets(folder, command):
    if command.endswith("parquet"):
        pytest.importorskip("pyarrow")
    write_tsv(folder / "rows.tsv", [("1", "plum"), ("2", "saw"), ("1", "pear")] * 5)
    subprocess_run(*command.split(), "alone", cwd=folder)
    expected = b"precious\nbefore\n" + (folder / "alone").read_bytes() + b"after\n"
    assert in_a_log(folder, ">> log", *command.split(), "-") == expected
    assert not (folder / "-").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no named pipes")
def test_streams_are_written_to_and_never_replaced(folder):
    """What a log holds stays, whatever the name of standard output."""
    command = ["convert", "two.tsv", "-q", "--to", "tsv"]
    expected = (folder / "two.tsv").read_bytes()
    logged = b"precious\nbefore\n" + expected + b"after\n"
    os.symlink("/dev/stdout", folder / "link")
    for target in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"):
        if os.path.exists(target) or target == "link":
            assert in_a_log(folder, ">> log", *command, target) == logged, target
    assert in_a_log(folder, "| cat >> log", *command, "link") == logged
    assert (folder / "link").is_symlink()
    pipe = folder / "pipe.tsv"
    os.mkfifo(pipe)
    with subprocess.Popen([*COMMAND, *command, str(pipe)], cwd=folder) as process:
        assert pipe.read_bytes() == expected
    assert process.returncode == 0
    assert pipe.is_fifo()
    assert not list(folder.glob("*.tmp"))


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="has no devices")
def test_devices_are_written_to(folder):
    fastlr.save(fastlr.load(folder / "two.fastlr"), os.devnull)
    run("convert", folder / "two.tsv", os.devnull, "--to", "csv", "-q")
    assert not os.path.isfile(os.devnull)


@pytest.mark.skipif(os.name != "posix", reason="redirects by a shell")
def test_streams_that_cannot_be_written(folder):
    assert "a store is a folder" in refused("convert", folder / "two.tsv", "-", "--to", "store", "-q")
    assert "/dev/fd/99: cannot be written to" in refused("train", folder / "two.tsv", "-o", "/dev/fd/99", "-q")
    said = refused("evaluate", folder / "two.fastlr", folder / "two.tsv", "--plot", "-", "-q")
    assert "--plot -: standard output is for the report" in said
    (folder / "grows.tsv").write_bytes((folder / "two.tsv").read_bytes())
    for source, redirection in (("grows.tsv", ">> grows.tsv"), ("-", "< grows.tsv >> grows.tsv"), ("grows.tsv", ">&-")):
        shell = ["sh", "-c", f'"$@" {redirection}', "sh", *COMMAND, "convert", source, "-", "--to", "csv", "-q"]
        said = subprocess.run(shell, capture_output=True, text=True, check=False, cwd=folder)
        assert said.returncode == 1
        assert re.fullmatch("Error: .*(input and output are the same file|standard output is closed)\n", said.stderr)
    assert (folder / "grows.tsv").read_bytes() == (folder / "two.tsv").read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="closes streams by a shell")
@pytest.mark.parametrize(
    ("arguments", "closed", "code", "said"),
    [
        ("train - -o closed.fastlr", "<&-", 1, "Error: standard input: is closed\n"),
        ("predict two.fastlr -", "<&-", 1, "Error: standard input: is closed\n"),
        ("predict two.fastlr two.tsv", ">&-", 1, "Error: standard output is closed\n"),
        ("evaluate two.fastlr two.tsv", ">&-", 1, "Error: standard output is closed\n"),
        ("inspect two.fastlr", ">&-", 1, "Error: standard output is closed\n"),
        ("demo", ">&-", 1, "Error: standard output is closed\n"),
        ("train two.tsv -o closed.fastlr", "2>&-", 0, ""),
    ],
)
def test_closed_streams(folder, arguments, closed, code, said):
    shell = ["sh", "-c", f'"$@" {closed}', "sh", *COMMAND, *arguments.split()]
    result = subprocess.run(shell, capture_output=True, text=True, check=False, cwd=folder)
    assert (result.returncode, result.stderr) == (code, said)
    assert (folder / "closed.fastlr").exists() == (code == 0)
    (folder / "closed.fastlr").unlink(missing_ok=True)


def test_pipes(folder):
    text = (folder / "two.tsv").read_text()
    said = subprocess_run("train", "-", "-o", folder / "piped.fastlr", input=text)
    assert said.stderr.startswith("standard input: TSV without a header")
    a, b = (fastlr.load(folder / f"{name}.fastlr") for name in ("piped", "two"))
    assert np.array_equal(a._model.weights, b._model.weights)
    # A reader that has had enough is no error to speak of.
    predict = [*COMMAND, "predict", str(folder / "two.fastlr"), "-", "-q"]
    with subprocess.Popen(predict, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdin.write(b"plum\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"fruit\n"  # as soon as the line was there
        process.stdout.close()
        for _ in range(20):
            try:
                process.stdin.write(b"plum\n" * 10000)
                process.stdin.flush()
            except BrokenPipeError:
                break
        with contextlib.suppress(BrokenPipeError):  # by Python 3.15, for what is left in the buffer
            process.stdin.close()
        assert process.stderr.read() == b""


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-16"])
def test_output_is_utf8_whatever_the_locale(folder, encoding):
    """Class names and words that the encoding lacks neither end a command nor change."""
    write_tsv(folder / "smile.tsv", [("\U0001f600", "δύο plum"), ("naïve", "một saw")] * 10)
    subprocess_run("train", folder / "smile.tsv", "-o", folder / "smile.fastlr", "-q")
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    model, data = folder / "smile.fastlr", folder / "smile.tsv"
    for command, word in (
        (("inspect", model), "δύο"),
        (("inspect", model, "--word", "một"), "một"),
        (("evaluate", model, data, "-q"), "naïve"),
        (("evaluate", model, data, "-q", "--json"), "naïve"),
        (("predict", model, data, "-q", "--to", "csv"), "naïve"),
    ):
        said = subprocess.run([*COMMAND, *map(str, command)], check=True, capture_output=True, env=environment).stdout
        assert "\U0001f600" in said.decode("utf-8")
        assert word in said.decode("utf-8")


@pytest.mark.skipif(os.name != "posix", reason="needs a terminal")
def test_a_terminal_shows_what_its_encoding_lacks_as_escapes(folder):
    pty = pytest.importorskip("pty")
    write_tsv(folder / "smile.tsv", [("\U0001f600", "δύο plum"), ("naïve", "một saw")] * 10)
    subprocess_run("train", folder / "smile.tsv", "-o", folder / "smile.fastlr", "-q")
    here, there = pty.openpty()
    environment = os.environ | {"PYTHONIOENCODING": "latin-1"}
    subprocess.run([*COMMAND, "inspect", str(folder / "smile.fastlr")], check=True, stdout=there, env=environment)
    os.close(there)
    said = os.read(here, 1 << 16).decode("latin-1")
    os.close(here)
    assert r"\U0001f600" in said
    assert "naïve" in said
