"""EasyVolcap's folders: what is read, what is written, and going on after a break."""

import cv2
import numpy as np
import pytest

from infer_human_parsing.human_parsing_pipeline import parse_easyvolcap
from plugin_kit.easyvolcap import easyvolcap_frames

HALF = np.repeat(np.array([[0, 5]], np.uint8), 4, axis=1).repeat(6, axis=0)


def labels_of(image):
    assert image.shape == (6, 8, 3)
    assert (image == (200, 100, 50)).all()
    return HALF


@pytest.fixture
def root(tmp_path):
    for camera in ("cam10", "cam2"):
        folder = tmp_path / "capture" / "images" / camera
        folder.mkdir(parents=True)
        for frame in ("000010.png", "000009.png"):
            cv2.imwrite(str(folder / frame), np.full((6, 8, 3), (50, 100, 200), np.uint8))
        (folder / "notes.txt").write_text("no picture")
    return tmp_path / "capture"


def test_masks_and_colours_are_written_beside_the_images(root):
    done = list(parse_easyvolcap(root, labels_of))
    assert [(f.camera, f.image.stem) for f in done] == [
        (camera, frame) for camera in ("cam2", "cam10") for frame in ("000009", "000010")
    ]
    mask = cv2.imread(str(root / "mask/cam2/000009.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(mask, np.where(HALF > 0, 255, 0))
    colours = cv2.imread(str(root / "schp/cam10/000010.png"), cv2.IMREAD_UNCHANGED)[..., ::-1]
    assert colours[0, 0].tolist() == [0, 0, 0]
    assert colours[0, 7].tolist() == [128, 0, 128]
    assert not list(root.rglob("*.part"))


def test_a_broken_batch_goes_on_where_it_stood(root):
    frames = parse_easyvolcap(root, labels_of)
    next(frames)
    parsed = []
    for _ in parse_easyvolcap(root, lambda image: parsed.append(1) or HALF):
        pass
    assert len(parsed) == 3
    assert len(list(parse_easyvolcap(root, labels_of, overwrite=True))) == 4


def test_another_output_folder_leaves_the_capture_alone(root, tmp_path):
    list(parse_easyvolcap(root, labels_of, output=tmp_path / "result"))
    assert (tmp_path / "result/schp/cam2/000010.png").is_file()
    assert [p.name for p in root.iterdir()] == ["images"]


def test_what_cannot_be_parsed_is_named(root, tmp_path):
    with pytest.raises(FileNotFoundError, match="no EasyVolcap root"):
        parse_easyvolcap(tmp_path, labels_of)
    (root / "images/cam2/000009.jpg").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"000009\.(jpg|png) and .*000009"):
        easyvolcap_frames(root)
    (root / "images/cam2/000009.png").unlink()
    with pytest.raises(ValueError, match=r"000009\.jpg cannot be decoded"):
        list(parse_easyvolcap(root, labels_of))
