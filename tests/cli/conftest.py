import pytest
from helpers.command_line import WORDS, draw, train, write_tsv


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("commands")
    write_tsv(folder / "train.tsv", draw(300, WORDS))
    write_tsv(folder / "test.tsv", draw(60, WORDS, seed=1))
    write_tsv(folder / "two.tsv", draw(200, ["fruit", "tool"]))
    train("train.tsv", folder, "model")
    train("two.tsv", folder, "two")
    return folder
