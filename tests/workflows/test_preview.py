"""The preview: ten moments on one sheet, nothing else written."""

import av
import cv2
import numpy as np
import pytest

from development.synthetic.clip import SyntheticClip
from plugin_kit.picture_files import read_picture
from workflows.matting import main
from workflows.matting.preview import clock, contact_sheet
from workflows.media.bursts import BurstReader
from workflows.media.selection import Selection
from workflows.media.source import source_info


def grey_clip(path, frames):
    """A video whose frame i is of grey 3 i."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "4"})
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv420p"
        for index in range(frames):
            picture = np.full((32, 48, 3), 3 * index, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi"])
def test_bursts_are_spread_over_what_was_chosen(tmp_path, suffix):
    info = source_info(grey_clip(tmp_path / f"clip{suffix}", 80), Selection("10f", "70f"))
    reader = BurstReader(info, 3, 2)
    found = [(round(float(f.image.mean()) / 3), is_last) for f, is_last in reader]
    frames = [19, 20, 39, 40, 59, 60]
    assert found == [(index, index % 2 == 0) for index in frames]
    assert reader.frames_read == 6


def test_of_a_short_video_all_frames_are_read_and_some_are_shown(tmp_path):
    info = source_info(grey_clip(tmp_path / "clip.mp4", 5))
    assert [is_last for _, is_last in BurstReader(info, 10, 3)] == [True] * 5
    assert [is_last for _, is_last in BurstReader(info, 3, 3)] == [True, False, True, False, True]


def test_bursts_of_pictures_keep_their_places(tmp_path):
    for index in range(40):
        cv2.imwrite(str(tmp_path / f"{index}.png"), np.full((4, 6, 3), index, np.uint8))
    found = [(f.pts, int(f.image[0, 0, 0])) for f, _ in BurstReader(source_info(tmp_path), 2, 2)]
    assert found == [(9, 9), (10, 10), (29, 29), (30, 30)]


def test_the_sheet_has_each_picture_in_its_place():
    pictures = [np.full((20, 40, 3), level, np.uint8) for level in (60, 120, 180)]
    sheet = contact_sheet([(0.0, pictures), (1.5, pictures), (3.0, pictures)])
    for level in (60, 120, 180):
        assert (sheet == level).all(axis=2).sum() == pytest.approx(3 * 20 * 40, rel=0.02)
    assert (sheet[22:42, 6:46] == 60).all()
    with pytest.raises(ValueError, match="is over before"):
        contact_sheet([])


def test_times_read_as_a_clock():
    assert [clock(s) for s in (0, 59.96, 61.23, 3723.46)] == [
        "0:00.0",
        "1:00.0",
        "1:01.2",
        "1:02:03.5",
    ]


@pytest.mark.parametrize("codec", ["h264", "png"])
def test_the_command_previews_and_stops(weights, tmp_path, codec):
    clip = SyntheticClip(width=128, height=96, frames=12)
    video, plate = clip.write(tmp_path / "clip.mp4"), tmp_path / "plate.png"
    cv2.imwrite(str(plate), clip.background[..., ::-1])
    arguments = [str(video), "--output", str(tmp_path / "out"), "--plate", str(plate), "--preview"]
    arguments += ["--format", codec, "--weights", str(weights / "bgm.pth")]
    assert main(arguments) == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["preview.png"]
    sheet = read_picture(tmp_path / "out" / "preview.png")
    first = sheet[22:118, 6:134].astype(int)
    assert min(np.abs(first - clip.frame(index)[0]).mean() for index in range(12)) < 6
    assert sheet.shape[1] > sheet.shape[0]
