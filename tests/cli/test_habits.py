"""Options and commands of other programs are answered by what to use here."""

import importlib
import re

import click
import pytest
from helpers.command_line import run

from fastlr.cli import main
from fastlr.cli._habits import COMMANDS, OPTIONS, plain

READING = ("train", "evaluate", "predict", "convert")


def options_of(command):
    found = getattr(importlib.import_module(f"fastlr.cli.{command}"), command)
    return {name for one in found.params if isinstance(one, click.Option) for name in one.opts}


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            "train -input a.txt -output b -wordNgrams 2",
            "'-input': the data are an argument, as in fastlr train DATA -o",
        ),
        ("train a.txt -output b", "'-output': use --output."),
        ("train a.txt -o b -lr 0.5", "'-lr': the learning rate is chosen automatically."),
        ("train a.txt -o b --lr=0.5", "'--lr': the learning rate is chosen automatically."),
        ("train a.txt -o b -epoch 5", "'-epoch': fastlr train has --passes N."),
        ("train a.txt -o b -wordNgrams 2", "'-wordNgrams': fastlr train has --ngrams N."),
        ("train a.txt -o b -minn 3", "'-minn': fastlr train has --analyzer."),
        ("train a.txt -o b -dim 10", "'-dim': there are no word vectors."),
        ("train a.txt -o b -minCount 3", "'-minCount': rare words are dropped automatically."),
        ("train a.txt -o b -autotune-validation c", "'-autotune-validation': fastlr train has --valid FILE|SHARE."),
        ("train a.txt -o b -thread 2", "'-thread': fastlr train, evaluate and predict have --threads N."),
        ("train a.vw -f b", "'-f': fastlr train and predict have -o FILE."),
        ("train a.vw -o b -b 18", "'-b': documents are hashed to 2**22 columns"),
        ("train a.vw -o b --l1 1e-6", "'--l1': fastlr train has --penalty l1|l2|elasticnet"),
        ("train a.vw -o b --loss_function logistic", "'--loss_function': the loss is always logistic"),
        ("train a.vw -o b --ngram 2", "'--ngram': fastlr train has --ngrams N."),
        ("predict a.m b.vw -p c", "'-p': fastlr train and predict have -o FILE."),
        ("predict a.m b.vw -t", "'-t': fastlr evaluate MODEL DATA and fastlr predict MODEL DATA do not train."),
        ("predict -i a.m b.vw", "'-i': the model is an argument, as in fastlr predict MODEL DATA."),
        ("predict a.m b.txt --k 3", "'--k': fastlr predict has --top K."),
        ("train a.tsv -o b --max-iter 5", "'--max-iter': fastlr train has --passes N."),
        ("train a.tsv -o b --ngram_range 1", "'--ngram_range': fastlr train has --ngrams N."),
        ("train a.tsv -o b --class_weight balanced", "'--class_weight': use --class-weight."),
        ("train a.tsv -o b -seed 1", "'-seed': use --seed."),
        ("-d a.vw -f b", "'-d': the data are an argument"),
    ],
)
def test_options_of_other_programs(command, said):
    result = run(*command.split(), code=2)
    assert result.stderr.splitlines()[-1].startswith(f"Error: No such option {said}")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("supervised -input a.txt", "use fastlr train DATA -o MODEL."),
        ("test a.bin b.txt", "use fastlr evaluate MODEL DATA."),
        ("predict-prob a.bin b.txt 2", "use fastlr predict MODEL DATA, with --top K or --proba for probabilities."),
        ("skipgram -input a.txt", "there are no word vectors."),
    ],
)
def test_commands_of_other_programs(command, said):
    result = run(*command.split(), code=2)
    assert result.stderr.splitlines()[-1] == f"Error: No such command {command.split()[0]!r}: {said}"


def test_other_errors_stay_as_they_are():
    """A value or a file may be called like an option of another program."""
    assert re.search("No such option.*--fromat.*--format", run("train", "a", "--fromat", "csv", code=2).stderr)
    assert "No such command 'nothing'." in run("nothing", code=2).stderr
    assert (
        "Invalid value for '--passes'" in run("train", "a", "-o", "b", "--text", "-lr", "--passes", "x", code=2).stderr
    )
    assert "unexpected extra argument" in run("inspect", "a", "b", "--", "-lr", code=2).stderr
    assert "No such file or directory" in run("train", "-o", "b", "--text", "-epoch", "--", "-lr", code=1).stderr


def test_answers_name_what_there_is():
    for table in (OPTIONS, COMMANDS):
        names = [name for elsewhere in table.values() for name in elsewhere.split()]
        assert len(set(names)) == len(names)
        assert all(plain(name) == name for name in names)
    for here in [*OPTIONS, *COMMANDS]:
        commands = re.findall(rf"\b({'|'.join(main.COMMANDS)})\b", here) or (READING if "every command" in here else [])
        for option in re.findall(r"(?<!\S)--?[a-zA-Z][-\w]*", here):
            if commands:
                assert all(option in options_of(command) for command in commands), (here, option)
            else:
                assert option in ("--passes", "--help", "--version"), here
    for command in main.COMMANDS:
        known = {plain(name) for name in options_of(command)}
        asked = {name for elsewhere in OPTIONS.values() for name in elsewhere.split()}
        assert known & asked <= {"o", "output", "to", "model", "c"}, command
