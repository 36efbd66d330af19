"""Videos that cannot be read are named."""

import pytest

from plugin_kit.flow.video_frames import video_frames


def test_files_that_are_no_videos_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"absent\.mp4' does not exist"):
        next(video_frames(tmp_path / "absent.mp4"))
    (tmp_path / "page.mp4").write_text("<html>404</html>")
    with pytest.raises(ValueError, match=r"page\.mp4 holds no video frame"):
        next(video_frames(tmp_path / "page.mp4"))
