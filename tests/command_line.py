"""The command line, run within the process of the tests."""

from click.testing import CliRunner

from fastlr.cli import main


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
