"""A data set made of drawn green-screen clips, whose mattes are known."""

import json

import cv2
import numpy as np
import pytest

from plugin_kit.picture_files import read_grey, read_picture, write_picture
from tests.infer_chroma_key.scenes import HEIGHT, WIDTH, make_scene
from train_flow_matting.flow_matting_training import (
    KeyingOptions,
    find_clips,
    make_keyed_clips,
    split_clips,
)
from train_flow_matting.train_flow_matting_kit.files import FileError
from train_flow_matting.train_flow_matting_kit.stopping import Stopped

FRAMES = 3


@pytest.fixture
def folders(tmp_path):
    """Two green-screen clips, one a video, one a folder of pictures; two backgrounds."""
    screens = tmp_path / "studio"
    scenes = [make_scene(noise=1, seed=seed) for seed in range(FRAMES)]
    for number, scene in enumerate(scenes):
        write_picture(screens / "walk" / f"{number}.png", scene.frame)
    video = cv2.VideoWriter(
        str(screens / "sit.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), 10, (WIDTH, HEIGHT)
    )
    for scene in scenes:
        video.write(cv2.cvtColor(scene.frame, cv2.COLOR_RGB2BGR))
    video.release()
    for name, colour in (("red", (200, 30, 30)), ("grey", (120, 120, 120))):
        write_picture(tmp_path / "places" / f"{name}.png", np.full((90, 90, 3), colour, np.uint8))
    return screens, tmp_path / "places", tmp_path / "clips"


def make(folders, **options):
    return make_keyed_clips(*folders, KeyingOptions(backgrounds=2, **options))


def test_truth_is_the_key_and_pictures_are_composites(folders):
    target = make(folders)
    clips = {clip.name: clip for clip in find_clips(target)}
    assert sorted(clips) == ["sit/1", "sit/2", "walk/1", "walk/2"]
    scene = make_scene(noise=1)
    clip = clips["walk/1"]
    assert [path.name for path in clip.original] == [f"original1_{n:05d}.jpg" for n in range(3)]
    truth = read_grey(clip.truth[0]) / 255
    assert truth.shape == (HEIGHT, WIDTH)
    assert np.abs(truth - scene.alpha).mean() < 0.01
    for name in ("walk/1", "walk/2"):
        picture = read_picture(clips[name].original[0]).astype(float)
        behind = np.median(picture[scene.alpha == 0], axis=0)
        assert min(np.abs(behind - c).max() for c in ((200, 30, 30), (120, 120, 120))) < 4
        inside = scene.alpha == 1
        assert np.abs(picture - scene.foreground)[inside].mean() < 8
    mark = json.loads((target / "walk" / "keyed.json").read_text())
    assert mark["key"]["screen"] == "green" and mark["key"]["frames"] == FRAMES


def test_one_clip_s_composites_stay_on_one_side_of_the_split(folders):
    clips = find_clips(make(folders))
    for seed in range(5):
        split = split_clips(clips, 0.2, seed)
        sides = [{clip.name.split("/")[0] for clip in side} for side in vars(split).values()]
        assert len(split.training) == len(split.validation) == 2
        assert not sides[0] & sides[1]


def test_what_is_there_is_not_made_again_nor_overwritten(folders):
    target = make(folders, frames=2)
    first = (target / "walk" / "original1_00000.jpg").stat().st_mtime_ns
    make(folders, frames=2)
    assert (target / "walk" / "original1_00000.jpg").stat().st_mtime_ns == first
    assert not (target / "walk" / "original1_00002.jpg").exists()
    with pytest.raises(FileError, match="in another way: delete it, or name another"):
        make(folders, frames=3)


def test_size_is_limited(folders):
    clip = find_clips(make(folders, long_side=160))[0]
    assert read_picture(clip.original[0]).shape == (90, 160, 3)


def test_a_stop_leaves_no_clip_that_counts_as_finished(folders):
    with pytest.raises(Stopped):
        make_keyed_clips(*folders, should_stop=lambda: True)
    assert not list(folders[2].rglob("keyed.json"))


def test_what_is_missing_is_told(folders, tmp_path):
    screens, places, target = folders
    with pytest.raises(FileNotFoundError, match=r"green_screen_folder .*none.*does not exist"):
        make_keyed_clips(tmp_path / "none", places, target)
    with pytest.raises(FileNotFoundError, match="no picture"):
        make_keyed_clips(screens, tmp_path / "none", target)
    write_picture(screens / "room" / "0.png", np.full((40, 60, 3), 90, np.uint8))
    with pytest.raises(FileError, match=r"0\.png shows no screen in its frame 0.*leave the clip"):
        make(folders)


def test_the_plugin_makes_its_data_set_and_trains(folders, tmp_path, workflow_of):
    _, (task,) = workflow_of("train_flow_matting")
    screens, places, _ = folders
    parameters = {
        "green_screen_folder": screens,
        "background_folder": places,
        "backgrounds_per_clip": 1,
        "keyed_frames": 2,
        "output_folder": tmp_path / "run",
        "epochs": 1,
        "width": 8,
        "input_size": 64,
        "crop_size": 32,
        "monitoring": "off",
    }
    task.set_parameters({**task.get_parameters(), **{k: str(v) for k, v in parameters.items()}})
    task.run()
    report = task.get_output(0).data
    assert report["finished"] and len(report["history"]) == 2
    names = report["training_clips"] + report["validation_clips"]
    assert sorted(names) == ["sit/1", "walk/1"]
    assert (tmp_path / "run" / "keyed_clips" / "sit" / "gt1_00001.png").is_file()
    task.set_parameters({**task.get_parameters(), "background_folder": ""})
    with pytest.raises(ValueError, match="set background_folder"):
        task.run()
