"""Several videos: a folder each, failures apart, what is done passed over."""

import json
import os

import cv2
import numpy as np
import pytest

from development.synthetic.clip import SyntheticClip
from workflows.matting import batch, main
from workflows.matting.batch import Batch, folders_of, sources_of
from workflows.matting.options import ChainOptions
from workflows.matting.report import ChainReport
from workflows.matting.resume import earlier_result, made_by

CLIP = SyntheticClip(width=96, height=64, frames=4)


@pytest.fixture
def clips(tmp_path):
    """A folder of two good videos, one that is none, and a text."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for name in ("take2.mp4", "take10.mov"):
        CLIP.write(folder / "take.mp4").rename(folder / name)
    (folder / "take9.mp4").write_bytes(b"no video")
    (folder / "notes.txt").touch()
    return folder


def test_each_has_its_folder_and_one_failure_stops_nothing(clips, weights, tmp_path, capsys):
    plate = tmp_path / "plate.png"
    cv2.imwrite(str(plate), CLIP.background[..., ::-1])
    arguments = [str(clips), "--output", str(tmp_path / "out"), "--plate", str(plate)]
    arguments += ["--weights", str(weights / "bgm.pth"), "--only", "alpha"]
    assert main(arguments) == 1
    shown = capsys.readouterr()
    assert "take9.mp4 cannot be read as a video" in shown.err
    names = {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.*")}
    assert names == {
        "take2/alpha.mp4",
        "take2/report.json",
        "take10/alpha.mp4",
        "take10/report.json",
    }
    made = (tmp_path / "out" / "take2" / "alpha.mp4").stat().st_mtime_ns
    (clips / "take9.mp4").unlink()
    assert main(arguments) == 0
    shown = capsys.readouterr()
    assert shown.err.count("passed over") == 2
    assert (tmp_path / "out" / "take2" / "alpha.mp4").stat().st_mtime_ns == made
    assert main([*arguments, "--again"]) == 0
    assert "passed over" not in capsys.readouterr().err
    assert (tmp_path / "out" / "take2" / "alpha.mp4").stat().st_mtime_ns > made


def test_a_folder_of_videos_stands_for_them_and_nothing_comes_twice(clips):
    names = [path.name for path in sources_of([clips / "take10.mov", clips])]
    assert names == ["take10.mov", "take2.mp4", "take9.mp4"]
    cv2.imwrite(str(clips / "1.png"), np.zeros((4, 4, 3), np.uint8))
    assert sources_of([clips]) == [clips]


def test_names_that_are_the_same_stay_apart(tmp_path):
    (tmp_path / "b").mkdir()
    for name in ("a.mp4", "a.mov", "c.mp4", "b/c.mp4"):
        (tmp_path / name).touch()
    sources = [tmp_path / name for name in ("a.mp4", "a.mov", "c.mp4", "b/c.mp4", "b")]
    found = [folder.name for folder in folders_of(sources, tmp_path / "out")]
    assert found == ["a.mp4", "a.mov", f"{tmp_path.name}_c.mp4", "b_c.mp4", "b"]
    with pytest.raises(ValueError, match="would go into that very folder"):
        folders_of([tmp_path / "b"], tmp_path)


def test_what_is_done_is_known_by_its_inputs_options_and_files(tmp_path):
    video, plate = tmp_path / "a.mp4", tmp_path / "plate.png"
    for path in (video, plate):
        path.write_bytes(b"x")
    output = tmp_path / "out"
    output.mkdir()
    options = ChainOptions(video, output, plate=plate)
    report = ChainReport(str(video), made_by=made_by(options), files={"alpha": "alpha.mp4"})
    (output / "alpha.mp4").write_bytes(b"matte")
    report.write(output)
    assert earlier_result(options)["source"] == str(video)
    assert earlier_result(ChainOptions(video, output, plate=plate, device="cpu", engine="torch"))
    assert earlier_result(ChainOptions(video, output, plate=plate, crf=3)) is None
    os.utime(plate, ns=(0, 0))
    assert earlier_result(options) is None
    report.made_by = made_by(options)
    report.write(output)
    assert earlier_result(options)
    (output / "alpha.mp4").write_bytes(b"mat")
    assert earlier_result(options) is None
    (output / "report.json").write_text(json.dumps(["no report"]))
    assert earlier_result(options) is None


def test_an_interruption_says_how_far_it_came(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(batch, "note", told.append)
    monkeypatch.setattr(batch, "was_interrupted", lambda: True)

    def run(options):
        if options.video.stem == "b":
            raise KeyboardInterrupt
        return ChainReport(str(options.video), frames=3)

    sources = [tmp_path / f"{name}.mp4" for name in "abc"]
    for path in sources:
        path.touch()
    work = Batch(ChainOptions(tmp_path, tmp_path / "out"), run)
    with pytest.raises(KeyboardInterrupt):
        work.work(sources)
    assert told == [
        "Of 3 videos: 1 done, 1 interrupted, 1 waiting. The same command goes on there."
    ]
