"""The checkpoint's form: what is written is read, and a write that fails leaves the old file."""

import pytest
import torch

from plugin_kit.flow.checkpoint import (
    Architecture,
    checkpoint_of,
    architecture_of,
    restored,
    write_checkpoint,
)
from plugin_kit.weights import read_checkpoint


@pytest.mark.parametrize("architecture", [Architecture(8, True), Architecture(16, False)], ids=str)
def test_what_is_written_is_read(tmp_path, architecture):
    network, path = architecture.build(), tmp_path / "new" / "best.pth"
    write_checkpoint(checkpoint_of(network, architecture), path)
    content = read_checkpoint(path)
    assert content.keys() == {"format", "width", "uses_matte", "state_dict"}
    assert architecture_of(content, path) == architecture
    again = restored(content, architecture, path).state_dict()
    assert all(torch.equal(again[key], value) for key, value in network.state_dict().items())


def test_equal_checkpoints_are_equal_files(tmp_path):
    content = checkpoint_of(Architecture(8, True).build(), Architecture(8, True))
    for name in ("a.pth", "b.pth"):
        write_checkpoint(content, tmp_path / name)
    assert (tmp_path / "a.pth").read_bytes() == (tmp_path / "b.pth").read_bytes()


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "last.pth"
    write_checkpoint({"format": "old"}, path)
    with pytest.raises(Exception, match="pickle"):
        write_checkpoint({"format": lambda: None}, path)
    assert read_checkpoint(path) == {"format": "old"}
    assert [file.name for file in tmp_path.iterdir()] == ["last.pth"]


def test_contents_of_another_kind_have_no_form(tmp_path):
    for content in ([1], True, {}, {"format": "other"}, {7: torch.zeros(1)}):
        assert architecture_of(content, tmp_path / "x.pth") is None
