"""Files in: counts, pairing, folders, and what is refused."""

import av
import cv2
import numpy as np
import pytest

from extract_background.extract_background_kit.easyvolcap import easyvolcap_cameras
from extract_background.extract_background_kit.picture_files import folder_pictures, read_picture
from extract_background.extract_background_kit.stopping import Stopped
from extract_background.plate_estimation import Sampling
from extract_background.plate_estimation.reading import store_of_folder, store_of_video


@pytest.fixture
def cases(shared):
    return shared / "data" / "decoder_cases"


def test_alpha_of_another_length_is_paired_by_index_with_a_warning(cases):
    store = store_of_video(cases / "vfr.mp4", cases / "alpha97.mp4")
    assert (store.offered, store.mattes) == (97, 97)
    assert "differ in length" in store.warnings[0]
    assert "97 frames were paired by index, 3 frames and 0 mattes" in store.warnings[0]


def test_header_that_promises_too_much_is_found_out(cases):
    store = store_of_video(cases / "mpeg4_750hdr_748dec.avi", sampling=Sampling(max_frames=50))
    assert store.offered == 748
    assert store.count <= 50
    assert "promises 750 frames, 748 were decoded" in store.warnings[0]


def test_frame_budget_is_spread_over_the_whole_clip(shared):
    store = store_of_video(
        shared / "data" / "street" / "street.avi", sampling=Sampling(max_frames=30)
    )
    assert store.offered == 374
    assert 25 <= store.count <= 30
    assert store.stride == 13


def test_stopping_ends_the_reading(cases):
    with pytest.raises(Stopped):
        store_of_video(cases / "vfr.mp4", should_stop=lambda: True)


def test_damaged_video_gives_what_can_be_decoded(cases, tmp_path):
    whole = (cases / "mpeg4_750hdr_748dec.avi").read_bytes()
    part = tmp_path / "part.avi"
    part.write_bytes(whole[: len(whole) // 2])
    store = store_of_video(part)
    assert 100 < store.offered < 748
    assert str(part) in store.warnings[0]


def test_unusable_videos_are_refused_by_name(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.mp4"):
        store_of_video(tmp_path / "nowhere.mp4")
    for name, content in (("empty.mp4", b""), ("text.mp4", b"no video" * 99)):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(ValueError, match=name):
            store_of_video(path)


@pytest.mark.parametrize(
    ("name", "encoder", "pixel_format"),
    [("a.gif", "gif", "rgb8"), ("a.wmv", "wmv2", "yuv420p"), ("a.mov", "prores_ks", "yuv422p10le")],
)
def test_kinds_of_files_that_ikomia_refuses_are_read(tmp_path, name, encoder, pixel_format):
    with av.open(str(tmp_path / name), "w") as container:
        stream = container.add_stream(encoder, rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, pixel_format
        for index in range(6):
            image = np.full((64, 96, 3), 40 * index, np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            container.mux(stream.encode(frame.reformat(format=pixel_format)))
        container.mux(stream.encode(None))
    store = store_of_video(tmp_path / name)
    means = store.frames.mean(axis=(1, 2, 3))
    assert np.abs(means - 40 * np.arange(6)).max() < 20


def test_folder_is_read_in_natural_order_and_paired_by_name(tmp_path):
    for index in (10, 9, 1):
        cv2.imwrite(str(tmp_path / f"{index}.png"), np.full((4, 6, 3), index, np.uint8))
    masks = tmp_path / "masks"
    masks.mkdir()
    for index in (1, 9, 10):
        cv2.imwrite(str(masks / f"{index}.jpg"), np.full((4, 6), 255 * (index == 9), np.uint8))
    assert [p.stem for p in folder_pictures(tmp_path)] == ["1", "9", "10"]
    store = store_of_folder(tmp_path, masks)
    assert store.frames[:, 0, 0, 0].tolist() == [1, 9, 10]
    assert store.weights[:, 0, 0].tolist() == [255, 0, 255]
    (masks / "9.jpg").unlink()
    with pytest.raises(FileNotFoundError, match=r"9\.png has no mask"):
        store_of_folder(tmp_path, masks)


def test_pictures_of_any_depth_become_rgb(tmp_path):
    deep = np.zeros((4, 6, 3), np.uint16)
    deep[..., 2] = 65535
    grey, clear = np.full((4, 6), 80, np.uint8), np.full((4, 6, 4), (10, 20, 30, 0), np.uint8)
    for name, image in (("deep", deep), ("grey", grey), ("clear", clear)):
        cv2.imwrite(str(tmp_path / f"{name}.png"), image)
    colours = {p.stem: read_picture(p)[0, 0].tolist() for p in folder_pictures(tmp_path)}
    assert colours == {"deep": [255, 0, 0], "grey": [80, 80, 80], "clear": [30, 20, 10]}


def test_unusable_folders_are_refused_by_name(tmp_path):
    with pytest.raises(FileNotFoundError, match="no picture"):
        store_of_folder(tmp_path)
    with pytest.raises(FileNotFoundError, match="no images/<camera>"):
        easyvolcap_cameras(tmp_path)
    for index, size in enumerate((4, 5)):
        cv2.imwrite(str(tmp_path / f"{index}.png"), np.zeros((size, 4, 3), np.uint8))
    with pytest.raises(ValueError, match=r"1\.png.*one size"):
        store_of_folder(tmp_path)
    (tmp_path / "1.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"1\.png cannot be decoded"):
        store_of_folder(tmp_path)
