"""Files of arrays are written at once or not at all, and have the usual mode."""

import os
import stat

import pytest
from helpers.model_files import assert_same_model

import fastlr
from fastlr import SGDClassifier

pytestmark = pytest.mark.usefixtures("no_waiting_for_the_disk")


def test_writing_is_atomic(tmp_path, monkeypatch):
    model = SGDClassifier(max_iter=1).fit([[0.0], [1.0]], [0, 1])
    path = tmp_path / "model"
    fastlr.save(model, path)
    before = path.read_bytes()
    model.fit([[0.0], [2.0]], [0, 1])
    for name in ("replace", "fsync"):
        with monkeypatch.context() as patch:

            def fail(*arguments):
                raise OSError("disk full")

            patch.setattr(os, name, fail)
            with pytest.raises(OSError, match="disk full"):
                fastlr.save(model, path)
        assert path.read_bytes() == before
        assert os.listdir(tmp_path) == ["model"]
    fastlr.save(model, path)
    assert path.read_bytes() != before
    with pytest.raises(FileNotFoundError):
        fastlr.save(model, tmp_path / "no folder" / "model")


@pytest.mark.skipif(os.name != "posix", reason="modes and links of POSIX")
def test_files_have_the_usual_mode_and_links_stay(tmp_path):
    model = SGDClassifier(max_iter=1).fit([[0.0], [1.0]], [0, 1])
    (tmp_path / "plain").write_text("")
    (tmp_path / "link").symlink_to("real")
    fastlr.save(model, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)
    assert_same_model(model, fastlr.load(tmp_path / "real"))
