import errno
import os

import pytest
import torch
from forked import small_disk

from synth_datamodule.matching.saving import NamedLog, WholeCheckpoints

NEW = {"weights": torch.arange(100_000.0)}


def test_a_checkpoint_takes_the_place_of_an_older_one(tmp_path):
    path = tmp_path / "made" / "run.ckpt"
    for state in ({"weights": torch.zeros(3)}, NEW):
        WholeCheckpoints().save_checkpoint(state, path)
    assert torch.equal(WholeCheckpoints().load_checkpoint(path)["weights"], NEW["weights"])
    assert [file.name for file in path.parent.iterdir()] == ["run.ckpt"]


def test_a_checkpoint_is_whole_or_not_at_all_on_a_full_disk(tmp_path):
    with small_disk(tmp_path / "disk", 64) as disk:
        (disk / "old.ckpt").write_bytes(b"old")
        for path in (disk / "old.ckpt", disk / "new.ckpt"):
            with pytest.raises(OSError, match=f"^.Errno {errno.ENOSPC}. {path} cannot be written"):
                WholeCheckpoints().save_checkpoint(NEW, path)
        assert [file.name for file in disk.iterdir()] == ["old.ckpt"]
        assert (disk / "old.ckpt").read_bytes() == b"old"


def test_a_checkpoint_at_a_url_is_written_by_lightning(tmp_path):
    WholeCheckpoints().save_checkpoint(NEW, f"file://{tmp_path}/run.ckpt")
    assert torch.equal(torch.load(tmp_path / "run.ckpt")["weights"], NEW["weights"])


def test_an_error_of_the_log_names_its_file(tmp_path):
    with small_disk(tmp_path / "disk", 8) as disk:
        log = NamedLog(disk, name="logs", version=0)
        (disk / "rest").write_bytes(bytes(8192))
        with pytest.raises(OSError, match=r"version_0/hparams\.yaml cannot be written") as caught:
            log.log_hyperparams({"width": 2})
        assert caught.value.errno == errno.ENOSPC
        log.log_metrics({"loss": 1.0}, step=0)
        with pytest.raises(OSError, match=f"metrics.csv cannot be .*{os.strerror(errno.ENOSPC)}"):
            log.save()
