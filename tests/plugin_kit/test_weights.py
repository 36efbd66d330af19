"""Checkpoints: fetched once, pinned, checked, and read without running code."""

import hashlib
import os
import pickle
import zipfile
from pathlib import Path

import pytest
import torch
from torch import nn

from plugin_kit.files import FileError
from plugin_kit.weights import (
    cache_folder,
    checked_state,
    fetch,
    load_state,
    read_checkpoint,
    read_state,
    user_file,
    without,
)

REMEDY = "Get it from the moon."


@pytest.fixture
def published(tmp_path):
    """A file as its publisher offers it, with its address."""
    path = tmp_path / "site" / "net.pth"
    path.parent.mkdir()
    path.write_bytes(b"weights" * 100)
    return path


@pytest.fixture
def offered(published, monkeypatch):
    """Downloads come from ``published``, through pooch's own handling of checksums."""
    import pooch

    downloads = []

    def download(url, output_file, _pooch):
        downloads.append(url)
        Path(output_file).write_bytes(published.read_bytes())

    monkeypatch.setattr(pooch.core, "choose_downloader", lambda url, progressbar=False: download)
    return downloads


URL = "https://example.org/net.pth"


def test_a_plugin_has_its_own_cache_which_the_environment_moves(monkeypatch, tmp_path):
    monkeypatch.delenv("INFER_X_CACHE", raising=False)
    assert cache_folder("infer_x").name == "infer_x"
    monkeypatch.setenv("INFER_X_CACHE", str(tmp_path))
    assert cache_folder("infer_x") == tmp_path


def test_the_users_file_has_to_exist(tmp_path, monkeypatch):
    (tmp_path / "a.pth").write_text("")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert user_file("~/a.pth") == tmp_path / "a.pth"
    with pytest.raises(FileNotFoundError, match=r"flow_weight_file '~/b\.pth' does not exist"):
        user_file("~/b.pth", "flow_weight_file")
    with pytest.raises(FileNotFoundError):
        user_file(str(tmp_path))


def test_a_file_is_fetched_once_and_recorded(tmp_path, published, offered):
    path = tmp_path / "cache" / "net.pth"
    for _ in range(2):
        assert fetch(URL, path, remedy=REMEDY) == path
    assert offered == [URL]
    record = path.with_name("net.pth.sha256").read_text()
    assert record == hashlib.sha256(published.read_bytes()).hexdigest() + "\n"


def test_another_content_than_the_recorded_one_is_refused(tmp_path, published, offered):
    path = tmp_path / "cache" / "net.pth"
    fetch(URL, path, remedy=REMEDY)
    record = path.with_name("net.pth.sha256").read_text()
    path.unlink()
    published.write_bytes(b"somebody else's")
    told = r"net\.pth could not be fetched or is damaged.*moon.*delete .*net\.pth\.sha256"
    with pytest.raises(RuntimeError, match=told):
        fetch(URL, path, remedy=REMEDY)
    assert not path.exists()
    assert path.with_name("net.pth.sha256").read_text() == record


def test_a_damaged_copy_is_fetched_anew(tmp_path, published, offered):
    path = tmp_path / "cache" / "net.pth"
    fetch(URL, path, remedy=REMEDY)
    path.write_bytes(b"damaged")
    fetch(URL, path, remedy=REMEDY)
    assert path.read_bytes() == published.read_bytes()
    assert len(offered) == 2


def refuse(path):
    raise ValueError(f"{path.name} is a page")


@pytest.mark.parametrize(
    ("conditions", "told"),
    [
        ({"least_bytes": 701}, "700 bytes are less"),
        ({"sha256_prefix": "00000000"}, "its SHA-256 begins with"),
        ({"check": refuse}, r"net\.pth is a page"),
    ],
)
def test_wrong_content_is_neither_kept_nor_recorded(tmp_path, offered, conditions, told):
    path = tmp_path / "cache" / "net.pth"
    with pytest.raises(RuntimeError, match=rf"{told}.*Get it from the moon"):
        fetch(URL, path, remedy=REMEDY, **conditions)
    assert list(path.parent.iterdir()) == []


def test_a_file_that_lay_in_the_cache_already_is_checked_and_left(tmp_path, offered):
    path = tmp_path / "cache" / "net.pth"
    path.parent.mkdir()
    path.write_bytes(b"the user's own")
    with pytest.raises(RuntimeError, match=r"net\.pth is not the published .*a page.*: move it away"):
        fetch(URL, path, remedy=REMEDY, check=refuse)
    assert path.read_bytes() == b"the user's own" and offered == []
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"sha256"])
def test_a_damaged_record_is_made_anew(tmp_path, published, offered, content):
    path = tmp_path / "cache" / "net.pth"
    record = path.with_name("net.pth.sha256")
    path.parent.mkdir()
    record.write_bytes(content)
    fetch(URL, path, remedy=REMEDY)
    assert record.read_text() == hashlib.sha256(published.read_bytes()).hexdigest() + "\n"


def test_right_content_passes_every_condition(tmp_path, published, offered):
    digest = hashlib.sha256(published.read_bytes()).hexdigest()
    checked = []
    path = fetch(
        URL,
        tmp_path / "cache" / "net.pth",
        remedy=REMEDY,
        least_bytes=700,
        sha256_prefix=digest[:8],
        check=checked.append,
    )
    assert checked == [path] and path.with_name("net.pth.sha256").is_file()


def test_without_a_network_the_remedy_is_told(tmp_path, monkeypatch):
    def offline(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr("pooch.retrieve", offline)
    with pytest.raises(RuntimeError, match="no network.*Get it from the moon"):
        fetch(URL, tmp_path / "net.pth", remedy=REMEDY)
    assert list(tmp_path.iterdir()) == []


class Trap:
    """What a harmful pickle does at loading."""

    def __reduce__(self):
        return (os.mkdir, (os.environ["TRAP"],))


@pytest.mark.parametrize("write", [torch.save, lambda x, path: path.write_bytes(pickle.dumps(x, 2))])
def test_a_checkpoint_runs_no_code(tmp_path, monkeypatch, write):
    monkeypatch.setenv("TRAP", str(tmp_path / "sprung"))
    write({"a": Trap()}, tmp_path / "evil.pth")
    with pytest.raises(ValueError, match=r"evil\.pth is not a PyTorch checkpoint"):
        read_checkpoint(tmp_path / "evil.pth")
    assert not (tmp_path / "sprung").exists()


def test_a_state_comes_back(tmp_path):
    state = {"a.weight": torch.arange(3.0), "b": torch.ones(2, dtype=torch.int64)}
    torch.save(state, tmp_path / "a.pth")
    read = read_state(tmp_path / "a.pth")
    assert read.keys() == state.keys()
    assert all(torch.equal(read[key], state[key]) for key in state)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ([torch.ones(1)], "holds a list"),
        ({}, "holds a dict"),
        ({"epoch": 3}, "'epoch' is a int"),
        ({1: torch.ones(1)}, "1 is a Tensor"),
    ],
)
def test_what_is_no_state_is_told(tmp_path, content, told):
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(ValueError, match=rf"a\.pth.*{told}"):
        read_state(tmp_path / "a.pth")


def test_without_leaves_a_part_out():
    state = {"refiner.a": torch.ones(1), "refined.b": torch.ones(1), "c": torch.ones(1)}
    assert set(without(state, "refiner.")) == {"refined.b", "c"}


def test_halves_are_loaded_as_floats():
    network = nn.Linear(2, 1)
    state = {"weight": torch.tensor([[0.5, 0.25]]).half(), "bias": torch.ones(1).half()}
    load_state(network, state, Path("a.pth"), parameters="model_name")
    assert network.weight.dtype == torch.float32
    assert network.weight.tolist() == [[0.5, 0.25]] and network.bias.tolist() == [1]


@pytest.mark.parametrize(
    "state",
    [
        {"weight": torch.ones(1, 2)},
        {"weight": torch.ones(1, 3), "bias": torch.ones(1)},
        {"weight": torch.ones(1, 2), "bias": torch.ones(1), "more": torch.ones(1)},
    ],
)
def test_a_state_that_does_not_fit_is_told(state):
    with pytest.raises(ValueError, match=r"a\.pth does not fit this network \(model_name\)"):
        load_state(nn.Linear(2, 1), state, Path("a.pth"), parameters="model_name")


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
@pytest.mark.parametrize("assign", [False, True])
def test_weights_that_no_network_has_are_refused(number, assign):
    state = {"weight": torch.tensor([[0.5, number]]), "bias": torch.ones(1)}
    with pytest.raises(FileError, match=r"a\.pth holds NaN or infinite numbers in weight: get it"):
        load_state(nn.Linear(2, 1), state, Path("a.pth"), parameters="model", assign=assign)


def test_absurdly_large_weights_are_refused():
    state = {"weight": torch.tensor([[0.5, -1e30]]), "bias": torch.ones(1)}
    with pytest.raises(FileError, match=r"a\.pth holds a number of size 1e\+30 in weight: get it"):
        load_state(nn.Linear(2, 1), state, Path("a.pth"), parameters="model")


def test_a_claimed_size_takes_no_memory():
    """A few bytes of a file can be a view of any shape."""
    claimed = torch.zeros(1).expand(2**17, 2**17)
    for assign in (False, True):
        with pytest.raises(FileError, match=r"a\.pth does not fit .*weight is \(131072, 131072\)"):
            load_state(
                nn.Linear(2, 1),
                {"weight": claimed, "bias": torch.ones(1)},
                Path("a.pth"),
                parameters="model",
                assign=assign,
            )


@pytest.mark.parametrize(
    "value",
    [
        torch.ones(2, dtype=torch.complex64),
        torch.ones(2, 2).to_sparse(),
        torch.ones(2, device="meta"),
        torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8),
    ],
    ids=["complex", "sparse", "meta", "quantised"],
)
def test_tensors_of_other_kinds_are_refused(value):
    with pytest.raises(FileError, match=r"a\.pth holds no plain numbers in x: get it again"):
        checked_state({"x": value}, Path("a.pth"))


def test_a_compressed_checkpoint_is_not_unpacked(tmp_path):
    """PyTorch writes none, and would unpack any size."""
    torch.save({"a": torch.zeros(2**16)}, tmp_path / "a.pth")
    read_checkpoint(tmp_path / "a.pth")
    with (
        zipfile.ZipFile(tmp_path / "a.pth") as plain,
        zipfile.ZipFile(tmp_path / "b.pth", "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for entry in plain.infolist():
            packed.writestr(entry.filename, plain.read(entry))
    with pytest.raises(FileError, match=r"b\.pth is not a PyTorch checkpoint.*it is compressed"):
        read_checkpoint(tmp_path / "b.pth")


@pytest.mark.parametrize("content", [b"", b"\x80", b"PK\x03\x04", b"<html>", b"\x80\x02.", bytes(99)])
def test_what_is_no_checkpoint_is_named_with_the_remedy(tmp_path, content):
    file = tmp_path / "a.pth"
    file.write_bytes(content)
    with pytest.raises(FileError, match=r"a\.pth is not a PyTorch.*: get it again, or save") as told:
        read_checkpoint(file)
    assert "weights_only" not in str(told.value)
    assert len(str(told.value)) < 700
