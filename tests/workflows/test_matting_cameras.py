"""The chain's command on an EasyVolcap root: masks, parts and plates of every camera."""

import json

import cv2
import numpy as np
import pytest

from development.synthetic.clip import SyntheticClip
from infer_human_parsing.human_parsing_pipeline import coloured
from workflows.matting import ChainOptions, cameras, main, run_cameras
from workflows.matting.masks import PeopleFinder

CLIP = SyntheticClip(width=64, height=48, frames=4)
CAMERAS = ("cam2", "cam10")


@pytest.fixture
def root(tmp_path):
    """Two cameras that saw the same."""
    for camera in CAMERAS:
        folder = tmp_path / "capture" / "images" / camera
        folder.mkdir(parents=True)
        for index in range(2):
            cv2.imwrite(str(folder / f"{index:06d}.png"), CLIP.frame(index)[0][..., ::-1])
    return tmp_path / "capture"


def options_of(root, output, weights, matte, **changes):
    given = {
        "rvm_weights": weights / "rvm.pth" if "rvm" in matte else None,
        "parsing_weights": weights / "schp.pth" if "parsing" in matte else None,
        "parsing_boxes": "whole" if "parsing" in matte else None,
        "device": "cpu",
        "quiet": True,
        **changes,
    }
    return ChainOptions(video=root, output=output, matte=matte, **given)


def read(path):
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)


def files(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_masks_parts_and_plates_of_each_camera(root, weights, small_parsing, tmp_path):
    given = options_of(root, tmp_path / "out", weights, "rvm+parsing")
    report = run_cameras(given)
    assert files(root) == [f"images/{c}/00000{i}.png" for c in sorted(CAMERAS) for i in (0, 1)]
    assert files(tmp_path / "out") == sorted(
        ["report.json"]
        + [f"bkgd/{camera}.png" for camera in CAMERAS]
        + [f"{kind}/{c}/00000{i}.png" for kind in ("mask", "schp") for c in CAMERAS for i in (0, 1)]
    )
    finder = PeopleFinder("rvm+parsing", given)
    for index in range(2):
        people = finder.find(CLIP.frame(index)[0])
        for camera in CAMERAS:
            # The second camera begins as the first did: nothing is remembered between them.
            name = f"{camera}/{index:06d}.png"
            np.testing.assert_array_equal(read(tmp_path / "out/mask" / name), people.mask)
            parts = read(tmp_path / "out/schp" / name)[..., ::-1]
            np.testing.assert_array_equal(parts, coloured(people.labels))
    assert read(tmp_path / "out/bkgd/cam2.png").shape == (48, 64, 4)
    written = json.loads((tmp_path / "out/report.json").read_text())
    assert (written["matte"], written["frames"]) == ("rvm+parsing", 4)
    assert list(written["cameras"]) == list(CAMERAS) == list(report.cameras)
    entry = written["cameras"]["cam10"]
    assert entry["made_by"]["infer_human_parsing.model_weight_file"].endswith("schp.pth")
    assert (entry["plate"]["method"], entry["plate"]["mattes_used"]) == ("robust", 2)


def test_a_broken_batch_goes_on_and_another_matte_begins_anew(root, weights, monkeypatch):
    seen = []
    original = cameras.read_picture

    def watched(path):
        seen.append(path.parent.name)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return original(path)

    monkeypatch.setattr(cameras, "read_picture", watched)
    given = options_of(root, root, weights, "rvm")
    with pytest.raises(KeyboardInterrupt):
        run_cameras(given)
    assert seen == ["cam2", "cam2", "cam10"]
    report = run_cameras(given)
    assert seen[3:] == ["cam10", "cam10"]
    assert [report.cameras[camera]["frames"] for camera in CAMERAS] == [2, 2]
    assert not (root / "schp").exists()
    (root / "mask/cam2/000001.png").unlink()
    run_cameras(given)
    assert seen[5:] == ["cam2", "cam2"]
    other = weights / "other.pth"
    other.write_bytes((weights / "rvm.pth").read_bytes())
    run_cameras(options_of(root, root, weights, "rvm", rvm_weights=other))
    assert seen[7:] == ["cam2", "cam2", "cam10", "cam10"]


def test_without_a_matte_the_roots_own_masks_are_taken(root, weights, tmp_path):
    run = run_cameras(options_of(root, tmp_path / "bare", weights, "none"))
    assert run.matte_reason == "it was asked for"
    assert files(tmp_path / "bare") == ["bkgd/cam10.png", "bkgd/cam2.png", "report.json"]
    for camera in CAMERAS:
        (root / "mask" / camera).mkdir(parents=True)
        for index in range(2):
            mask = np.rint(CLIP.frame(index)[1] * 255).astype(np.uint8)
            cv2.imwrite(str(root / "mask" / camera / f"{index:06d}.png"), mask)
    run = run_cameras(options_of(root, tmp_path / "out", weights, "none"))
    assert run.matte_reason.endswith("masks that the root has were taken")
    assert run.cameras["cam2"]["plate"]["method"] == "robust"


def test_masks_and_plates_that_no_run_made_stay(root, weights):
    for path in (root / "mask/cam2/000000.png", root / "bkgd/cam2.png"):
        path.parent.mkdir(parents=True)
        path.touch()
    with pytest.raises(ValueError, match=r"bkgd.cam2\.png is there already"):
        run_cameras(options_of(root, root, weights, "none"))
    (root / "bkgd/cam2.png").unlink()
    with pytest.raises(ValueError, match=r"mask.cam2.000000\.png is there already"):
        run_cameras(options_of(root, root, weights, "rvm"))
    assert (root / "mask/cam2/000000.png").stat().st_size == 0


def test_the_command_takes_a_folder(root, weights, tmp_path, capsys):
    arguments = [str(root), "--output", str(tmp_path / "out"), "--matte", "rvm"]
    assert main([*arguments, "--rvm-weights", str(weights / "rvm.pth"), "--device", "cpu"]) == 0
    assert "4 frames of 2 cameras" in capsys.readouterr().out
    assert main([str(tmp_path), "--output", str(tmp_path / "no")]) == 1
    assert "is no EasyVolcap root" in capsys.readouterr().err
    assert main([*arguments, "--stabilise"]) == 1
    assert "--stabilise is for a video, and" in capsys.readouterr().err
