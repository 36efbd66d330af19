"""Finding, splitting and preparing clips; batches and losses."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from train_flow_matting.flow_matting_training import find_clips, prepare_clip, split_clips
from train_flow_matting.flow_matting_training import prepared as prepared_module
from train_flow_matting.flow_matting_training.batches import batches, crop_size
from train_flow_matting.flow_matting_training.losses import (
    laplacian_loss,
    matte_loss,
    temporal_loss,
)
from train_flow_matting.flow_matting_training.prepared import degraded
from train_flow_matting.train_flow_matting_kit.files import FileError
from train_flow_matting.train_flow_matting_kit.stopping import Stopped
from workflows.media.video_writer import VideoSink

REPOSITORY = Path(__file__).resolve().parents[2]


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.mark.parametrize(
    "module",
    ["flow/network", "flow/dense_flow", "flow/checkpoint", "pictures"],
)
def test_both_plugins_hold_the_same_engine(module):
    one, other = (
        (REPOSITORY / name / f"{name}_kit" / f"{module}.py").read_bytes()
        for name in ("infer_flow_matting", "train_flow_matting")
    )
    assert one == other


def test_clips_of_two_digits_and_gaps_are_kept_apart(tmp_path):
    touch(tmp_path, "original1_2.jpg", "gt1_2.jpg", "original1_10.jpg", "gt1_10.png")
    touch(tmp_path, "original11_2.jpg", "gt11_2.jpg", "original11_3.jpg")
    touch(tmp_path, "day/originalroom_a_7.JPG", "day/gtroom_a_7.png", "notes.txt", "gt5_1.jpg")
    clips = {clip.name: clip for clip in find_clips(tmp_path)}
    assert list(clips) == ["1", "11", "day/room_a"]
    assert [path.name for path in clips["1"].original] == ["original1_2.jpg", "original1_10.jpg"]
    assert [path.name for path in clips["1"].truth] == ["gt1_2.jpg", "gt1_10.png"]
    assert len(clips["11"].original) == 1


def test_coarse_mattes_count_only_where_all_are_there(tmp_path):
    for frame in (0, 1):
        touch(
            tmp_path, *(f"{kind}{clip}_{frame}.png" for kind in ("original", "gt") for clip in "ab")
        )
    touch(tmp_path, "coarsea_0.png", "coarsea_1.png", "coarseb_0.png")
    assert [len(clip.coarse) for clip in find_clips(tmp_path)] == [2, 0]


def test_files_that_systems_hide_are_no_frames(tmp_path):
    names = ("original1_0.png", "gt1_0.png", "original1_1.png", "gt1_1.png")
    touch(tmp_path, *names, *(f"._{name}" for name in names), ".original1_2.png", ".gt1_2.png")
    (clip,) = find_clips(tmp_path)
    assert [path.name for path in clip.files] == [names[0], names[2], names[1], names[3]]


def test_pictures_of_16_bits_and_foreign_names_are_read(tmp_path):
    folder = tmp_path / "año 年"
    wide = np.linspace(0, 65535, 48 * 64, dtype=np.uint16).reshape(48, 64)
    for frame in range(2):
        for kind in ("original", "gt"):
            _, encoded = cv2.imencode(".png", wide)
            folder.mkdir(exist_ok=True)
            (folder / f"{kind}1_{frame}.png").write_bytes(encoded.tobytes())
    (clip,) = find_clips(tmp_path)
    prepared = prepare_clip(clip, tmp_path / "cache", 64)
    np.testing.assert_array_equal(prepared.truth[0], np.rint(wide / 257))
    np.testing.assert_array_equal(prepared.frames[0, ..., 0], np.rint(wide / 257))
    (folder / "gt1_1.png").write_text("<html>404</html>")
    with pytest.raises(ValueError, match=r"gt1_1\.png cannot be decoded"):
        prepare_clip(clip, tmp_path / "cache", 64)


def test_folders_without_clips_say_what_is_expected(tmp_path):
    with pytest.raises(ValueError, match=r"original\{clip\}_\{frame\}\.jpg"):
        find_clips(tmp_path)
    with pytest.raises(FileNotFoundError, match="absent"):
        find_clips(tmp_path / "absent")


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 0.99])
def test_the_split_is_by_clip(dataset, share):
    clips = find_clips(dataset)
    split = split_clips(clips, share, seed=3)
    train, held_out = split.training, split.validation
    assert train and held_out
    assert sorted(clip.name for clip in train + held_out) == [clip.name for clip in clips]
    assert not {f for c in train for f in c.files} & {f for c in held_out for f in c.files}
    assert split_clips(clips, share, seed=3) == split
    with pytest.raises(ValueError, match="two clips"):
        split_clips(clips[:1], share, 0)


def test_a_clip_is_prepared_once(dataset, tmp_path, monkeypatch):
    clip = find_clips(dataset)[0]
    first = prepare_clip(clip, tmp_path, 80)
    assert first.frames.shape == (10, 60, 80, 3) and first.truth.shape == (10, 60, 80)
    assert first.flow.dtype == np.float16 and not first.flow[0].any() and first.flow[1].any()
    monkeypatch.setattr(prepared_module, "_read", None)
    again = prepare_clip(clip, tmp_path, 80)
    np.testing.assert_array_equal(first.flow, again.flow)
    with pytest.raises(TypeError):
        prepare_clip(clip, tmp_path, 64)


@pytest.mark.parametrize("content", [b"", b"no array", None])
def test_a_damaged_cache_is_named(tmp_path, tiny_dataset, content):
    clip = find_clips(tiny_dataset)[0]
    prepare_clip(clip, tmp_path, 64)
    (file,) = tmp_path.rglob("flow.npy")
    if content is None:
        np.save(file, np.zeros((1, 2, 3, 2), np.float16))
    else:
        file.write_bytes(content)
    with pytest.raises(FileError, match=rf"{file.parent}.* is damaged.*: delete its folder"):
        prepare_clip(clip, tmp_path, 64)


def test_a_changed_file_is_read_anew(tmp_path, tiny_dataset):
    import shutil

    shutil.copytree(tiny_dataset, tmp_path / "set")
    clip = find_clips(tmp_path / "set")[0]
    first = prepare_clip(clip, tmp_path / "cache", 64)
    (tmp_path / "set" / "original0_1.jpg").write_bytes(clip.original[0].read_bytes())
    assert (prepare_clip(clip, tmp_path / "cache", 64).frames != first.frames).any()


def test_stopping_leaves_nothing_half_done(dataset, tmp_path):
    with pytest.raises(Stopped):
        prepare_clip(find_clips(dataset)[0], tmp_path / "cache", 64, should_stop=lambda: True)
    assert not (tmp_path / "cache").exists()


def test_alpha_videos_are_clips(dataset, tmp_path):
    pictures = prepare_clip(find_clips(dataset)[0], tmp_path / "cache", 160)
    rate = Fraction(25)
    for name, frames in (("original7", pictures.frames), ("gt7", pictures.truth)):
        with VideoSink(tmp_path / f"{name}.mp4", 160, 120, rate, 1 / rate) as sink:
            for index, frame in enumerate(frames):
                sink.write(frame if frame.ndim == 3 else np.repeat(frame[..., None], 3, 2), index)
    (clip,) = find_clips(tmp_path)
    video = prepare_clip(clip, tmp_path / "cache", 160)
    assert clip.name == "7" and len(video) == 10
    assert np.abs(video.truth.astype(float) - pictures.truth).mean() < 3
    short = tmp_path / "gt7.mp4"
    with VideoSink(short, 160, 120, rate, 1 / rate) as sink:
        sink.write(np.ascontiguousarray(pictures.frames[0]), 0)
    with pytest.raises(ValueError, match="not as many mattes as frames"):
        prepare_clip(find_clips(tmp_path)[0], tmp_path / "cache", 160)


def test_made_mattes_are_imperfect_and_repeat(dataset, tmp_path):
    truth = prepare_clip(find_clips(dataset)[0], tmp_path, 160).truth / np.float32(255)
    first, again = (degraded(truth, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.min() >= 0 and first.max() <= 1
    assert 0.002 < np.abs(first - truth).mean() < 0.1


def test_batches_hold_every_pair_once_and_repeat(dataset, tmp_path):
    clips = [prepare_clip(clip, tmp_path, 80) for clip in find_clips(dataset)[:2]]
    assert crop_size(clips, 50) == (48, 48) and crop_size(clips, 500) == (60, 80)
    first, again = (list(batches(clips, 4, 48, rng=np.random.default_rng(1))) for _ in range(2))
    assert sum(len(batch.frame) for batch in first) == 18
    for one, other in zip(first, again, strict=True):
        assert one.frame.shape[1:] == (2, 3, 48, 48) and one.flow.shape[1:] == (2, 2, 48, 48)
        assert one.truth.shape[1:] == one.coarse.shape[1:] == (2, 1, 48, 48)
        assert torch.equal(one.frame, other.frame) and torch.equal(one.flow, other.flow)
        assert one.flow.abs().max() < 0.5


def test_losses_are_zero_for_the_truth_alone():
    truth = torch.rand(2, 2, 40, 36, generator=torch.Generator().manual_seed(0))
    assert matte_loss(truth, truth) < 1e-3
    brighter = (truth * 0.9).requires_grad_()
    loss = matte_loss(brighter, truth)
    loss.backward()
    assert loss > 0.01 and brighter.grad.isfinite().all()


def test_temporal_loss_sees_flicker_and_not_what_stays():
    truth = torch.zeros(1, 2, 16, 16)
    assert temporal_loss(truth + 0.2, truth) < 1e-3
    flicker = truth.clone()
    flicker[:, 1] = 0.2
    assert temporal_loss(flicker, truth) == pytest.approx(0.2, rel=1e-3)


def test_laplacian_loss_weighs_every_scale():
    truth = torch.zeros(1, 1, 64, 64)
    fine, coarse = truth.clone(), truth.clone()
    fine[..., ::2, ::2] = 1
    coarse[..., :32] = 0.25
    assert laplacian_loss(fine, truth) > 0.02 and laplacian_loss(coarse, truth) > 0.02
