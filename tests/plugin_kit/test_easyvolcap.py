"""EasyVolcap's layout: order, junk, masks under several names, and what is refused."""

import pytest

from plugin_kit.easyvolcap import easyvolcap_cameras, easyvolcap_frames, paired_masks

JUNK = (".DS_Store", "._000009.png", "Thumbs.db", "notes.txt")


@pytest.fixture
def root(tmp_path):
    for camera in ("cam10", "cam2", "Cam3"):
        for name in ("000010.png", "000009.JPG", "9b.png", "b.png", *JUNK):
            path = tmp_path / "capture" / "images" / camera / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
    (tmp_path / "capture" / "images" / ".thumbnails").mkdir()
    (tmp_path / "capture" / "images" / "readme.txt").write_text("no camera")
    return tmp_path / "capture"


def test_frames_come_in_natural_order_without_what_systems_leave(root):
    frames = easyvolcap_frames(root)
    assert [(frame.camera, frame.image.name) for frame in frames] == [
        (camera, name)
        for camera in ("cam2", "Cam3", "cam10")
        for name in ("000009.JPG", "9b.png", "000010.png", "b.png")
    ]
    assert frames[0].mask == root / "mask" / "cam2" / "000009.png"
    assert frames[0].colours == root / "schp" / "cam2" / "000009.png"


def test_targets_may_lie_elsewhere_and_say_when_they_are_done(root, tmp_path):
    frame = easyvolcap_frames(root, tmp_path / "out")[0]
    assert not frame.is_done
    for path in (frame.mask, frame.colours):
        assert path.is_relative_to(tmp_path / "out")
        path.parent.mkdir(parents=True)
        path.touch()
    assert frame.is_done


@pytest.mark.parametrize("name", ["mask", "masks", "msk", "bgmt"])
def test_cameras_find_their_masks_under_each_name(root, name):
    (root / name / "cam2").mkdir(parents=True)
    cameras = easyvolcap_cameras(root)
    assert [camera.name for camera in cameras] == ["cam2", "Cam3", "cam10"]
    assert [camera.masks for camera in cameras] == [root / name / "cam2", None, None]
    assert cameras[0].images == root / "images" / "cam2"


def test_masks_of_another_folder_must_be_complete(root, tmp_path):
    for camera in ("cam10", "Cam3"):
        (tmp_path / "masks" / camera).mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match=r"masks_folder has no .*cam2"):
        easyvolcap_cameras(root, tmp_path / "masks")
    (tmp_path / "masks" / "cam2").mkdir()
    assert easyvolcap_cameras(root, tmp_path / "masks")[0].masks == tmp_path / "masks" / "cam2"


def test_masks_are_paired_by_name_without_suffix(root):
    folder = root / "mask" / "cam2"
    folder.mkdir(parents=True)
    pictures = [frame.image for frame in easyvolcap_frames(root) if frame.camera == "cam2"]
    for name in ("b.png", "9b.jpg", "000009.png", "000010.png", "._b.jpg", "._000009.png"):
        (folder / name).touch()
    names = [mask.name for mask in paired_masks(pictures, folder)]
    assert names == ["000009.png", "9b.jpg", "000010.png", "b.png"]
    (folder / "000009.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"000009\.JPG has no mask"):
        paired_masks(pictures, folder)


def test_what_is_no_root_or_is_ambiguous_is_named(root, tmp_path):
    for find in (easyvolcap_cameras, easyvolcap_frames):
        with pytest.raises(FileNotFoundError, match=r"no EasyVolcap root.*images/<camera>"):
            find(tmp_path / "nowhere")
    (root / "images" / "cam2" / "b.jpg").touch()
    with pytest.raises(ValueError, match=r"b\.jpg and .*b\.png would both write"):
        easyvolcap_frames(root)
