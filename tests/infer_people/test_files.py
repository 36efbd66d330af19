"""Whole videos to arrays and files, with a finder that knows who is where."""

import json
import logging
import shutil
from fractions import Fraction

import numpy as np
import pytest

from infer_multiview_triangulation.multiview_files import read_detections
from infer_people.infer_people_kit.stopping import Stopped
from infer_people.people_files import ViewFileOptions, arrays_of, find_in_views, find_views
from infer_people.people_files.mask_files import MaskSpool
from infer_people.people_files.videos import common_rate, growing_times, usual_rate
from infer_people.people_files.view_arrays import columns_of
from infer_people.people_finding import FinderOptions
from plugin_kit.picture_files import read_grey
from plugin_kit.video import VideoInfo, VideoReader
from tests.infer_people.pretend import (
    HEIGHT,
    WIDTH,
    PretendFinder,
    keypoints_in,
    people_at,
    write_view,
)

LENGTHS = {"cam1": 8, "cam2": 6, "cam10": 8}


@pytest.fixture
def videos(tmp_path):
    """Three cameras, one of them shorter, and what lies in such folders besides."""
    folder = tmp_path / "videos"
    for view, (name, length) in enumerate(LENGTHS.items()):
        write_view(folder / f"{name}.mkv", view, range(length))
    (folder / "notes.txt").write_text("a take")
    (folder / "._cam1.mkv").write_bytes(b"of a Mac")
    return folder


@pytest.fixture
def search(tmp_path):
    """Search views with the pretended finder; the finders that were made are added to ``made``."""

    def run(path, masks="video", folder=None, should_stop=lambda: False, **options):
        files = ViewFileOptions(str(folder or tmp_path / "results"), masks)
        return find_in_views(
            find_views(path),
            FinderOptions(**options),
            files,
            finder_of=run.finder,
            should_stop=should_stop,
        )

    run.made = []

    class Finder(PretendFinder):
        def __init__(self, options):
            super().__init__(options)
            run.made.append(self)

    run.finder = Finder
    return run


def truth_of(view, length=8, people=2):
    """(F, P, 17, 3) of a view, NaN where nothing is."""
    truth = np.full((length, people, 17, 3), np.nan)
    for frame in range(LENGTHS[list(LENGTHS)[view]]):
        for identity, box in people_at(view, frame).items():
            keypoints = keypoints_in(box)
            truth[frame, identity] = np.where(keypoints[:, 2:] > 0, keypoints, np.nan)
    return truth


def test_the_videos_of_a_folder_are_its_views(videos):
    views = find_views(videos)
    assert [view.name for view in views] == ["cam1", "cam2", "cam10"]
    assert [view.rate for view in views] == [25, 25, 25]
    (one,) = find_views(videos / "cam2.mkv")
    assert one.name == "cam2"


def test_folders_that_cannot_be_used_are_refused(videos, tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        find_views(tmp_path / "nowhere")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(FileNotFoundError, match=r"empty holds no video.*\.mp4"):
        find_views(empty)
    (videos / "cam3.mp4").write_bytes(b"not a video")
    with pytest.raises(ValueError, match=r"cam3\.mp4"):
        find_views(videos)
    shutil.move(videos / "cam3.mp4", videos / "CAM2.mp4")
    with pytest.raises(ValueError, match=r"CAM2\.mp4.*rename"):
        find_views(videos)


def test_arrays_hold_everybody_of_every_view(videos, search):
    found, rate = search(videos)
    arrays = arrays_of(found, rate)
    assert arrays["keypoints2d"].shape == (3, 8, 2, 17, 3)
    for view in range(3):
        np.testing.assert_allclose(arrays["keypoints2d"][view], truth_of(view), rtol=1e-6)
    assert arrays["views"] == ["cam1", "cam2", "cam10"]
    assert arrays["sizes"].tolist() == [[WIDTH, HEIGHT]] * 3
    assert arrays["fps"] == 25
    assert arrays["identities"][0, :, 1].tolist() == [1, 1, -1, -1, 1, -1, 1, 1]
    np.testing.assert_array_equal(arrays["boxes"][1, 1, 0], people_at(1, 1)[0])
    assert np.isnan(arrays["scores"][1, 6:]).all()


def test_what_is_written_is_what_a_triangulation_reads(videos, search, tmp_path):
    found, rate = search(videos)
    arrays = arrays_of(found, rate)
    by_arrays = read_detections(tmp_path / "results" / "keypoints2d.npz")
    np.testing.assert_allclose(by_arrays.keypoints2d, arrays["keypoints2d"], rtol=1e-6)
    assert by_arrays.skeleton == "coco17" and by_arrays.fps == 25
    assert by_arrays.sizes == ((WIDTH, HEIGHT),) * 3
    by_frames = read_detections(tmp_path / "results" / "openpose")
    assert by_frames.views == ("cam1", "cam2", "cam10")
    assert by_frames.keypoints2d.shape == arrays["keypoints2d"].shape
    np.testing.assert_allclose(by_frames.keypoints2d[1:, :, 0], truths(1, 2), atol=1e-4)


def truths(*views):
    return np.stack([truth_of(view)[:, 0] for view in views])


def test_each_frame_is_a_file_of_openpose(videos, search, tmp_path):
    search(videos, skeleton="body25")
    folder = tmp_path / "results" / "openpose" / "cam1"
    names = sorted(path.name for path in folder.iterdir())
    assert names == [f"cam1_{frame:012d}_keypoints.json" for frame in range(8)]
    first, empty = (json.loads((folder / names[f]).read_text()) for f in (0, 5))
    assert empty == {"version": 1.3, "people": []}
    assert [person["person_id"] for person in first["people"]] == [[0], [1]]
    numbers = np.reshape(first["people"][1]["pose_keypoints_2d"], (25, 3))
    np.testing.assert_allclose(numbers, keypoints_in(people_at(0, 0)[1], "body25"), atol=1e-4)
    assert first["people"][0]["hand_left_keypoints_2d"] == []


def test_masks_are_a_lossless_video_or_pictures(videos, search, tmp_path):
    search(videos)
    wanted = [masks_of(0, frame) for frame in range(8)]
    info = VideoInfo.from_path(tmp_path / "results" / "masks" / "cam1.mkv")
    assert info.rate == 25
    frames = list(VideoReader(info, is_grey=True))
    np.testing.assert_array_equal([frame.image for frame in frames], wanted)
    search(videos, "png")
    folder = tmp_path / "results" / "masks" / "cam1"
    pictures = [read_grey(path) for path in sorted(folder.iterdir())]
    np.testing.assert_array_equal(pictures, wanted)
    assert not folder.with_suffix(".mkv").exists()
    search(videos, "none")
    assert list((tmp_path / "results" / "masks").iterdir()) == []
    assert [finder.options.masks for finder in search.made] == [True, True, False]


def masks_of(view, frame):
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    for x0, y0, x1, y1 in people_at(view, frame).values():
        mask[y0:y1, x0:x1] = 255
        mask[y0, x0:x1] = np.maximum(100, mask[y0, x0:x1] * (mask[y0, x0:x1] < 255))
    return mask


def test_masks_wait_until_it_is_known_who_is_wanted():
    finder = PretendFinder(FinderOptions())
    with MaskSpool() as spool:
        for frame in (0, 5, 1):
            spool.add(finder.found(0, frame, (HEIGHT, WIDTH)))
        only_one = list(spool.merged([[1], [], [0]]))
    assert not only_one[1].any()
    for mask, identity, frame in ((only_one[0], 1, 0), (only_one[2], 0, 1)):
        x0, y0, x1, y1 = people_at(0, frame)[identity]
        assert (mask[y0 + 1 : y1, x0:x1] == 255).all()
        assert np.count_nonzero(mask) == (x1 - x0) * (y1 - y0)


def test_finished_views_are_kept(videos, search, tmp_path, caplog):
    first, rate = search(videos)
    stamps = times_of(tmp_path / "results" / "openpose")
    with caplog.at_level(logging.INFO):
        again, _ = search(videos)
    assert len(search.made) == 1
    assert caplog.text.count("is finished already") == 3
    assert times_of(tmp_path / "results" / "openpose") == stamps
    for name in ("keypoints2d", "identities", "boxes"):
        np.testing.assert_array_equal(arrays_of(again, rate)[name], arrays_of(first, rate)[name])
    search(videos, threads=3)
    assert len(search.made) == 1
    search(videos, score=0.5)
    assert len(search.made) == 2
    write_view(videos / "cam2.mkv", 1, range(5))
    search(videos, score=0.5)
    assert {view for view, _ in search.made[2].seen} == {1}


def times_of(folder):
    return {path.name: path.stat().st_mtime_ns for path in folder.rglob("*.json")}


def test_a_search_that_breaks_off_goes_on_where_it_stood(videos, search, tmp_path, monkeypatch):
    results = tmp_path / "results"
    asked = iter(range(100))
    with pytest.raises(Stopped):
        search(videos, should_stop=lambda: next(asked) == 10)
    assert [path.stem for path in (results / "views").iterdir()] == ["cam1"]
    assert [path.name for path in (results / "openpose").iterdir()] == ["cam1"]
    assert not list(results.glob(".*"))
    found, _ = search(videos)
    assert {view for view, _ in search.made[1].seen} == {1, 2}
    assert [people.name for people in found] == list(LENGTHS)
    assert (results / "keypoints2d.npz").is_file()


def test_a_view_that_could_not_be_replaced_counts_as_unfinished(
    videos, search, tmp_path, monkeypatch
):
    search(videos)
    with monkeypatch.context() as patch:
        patch.setattr(
            "infer_people.people_files.results_folder.write_record",
            lambda *_: (_ for _ in ()).throw(OSError("the disk is full")),
        )
        with pytest.raises(OSError, match="full"):
            search(videos, score=0.5)
    # What all views say together is of no search any more.
    assert not (tmp_path / "results" / "keypoints2d.npz").exists()
    search(videos)
    assert {view for view, _ in search.made[-1].seen} == {0}


@pytest.mark.parametrize(
    "place", ["openpose/cam2/a.json", "masks/cam1.mkv", "keypoints2d.npz", "views/cam10.npz"]
)
def test_files_of_others_are_not_replaced(videos, search, tmp_path, place):
    theirs = tmp_path / "results" / place
    theirs.parent.mkdir(parents=True)
    theirs.write_text("theirs")
    with pytest.raises(FileExistsError, match="did not write: name another folder"):
        search(videos)
    assert theirs.read_text() == "theirs"
    assert not search.made


def test_frames_are_paired_by_time(tmp_path, search, caplog):
    shown = [0, 1, 2, 4, 5, 6, 9, 10]
    write_view(tmp_path / "videos" / "phone.mkv", 1, shown)
    write_view(tmp_path / "videos" / "steady.mkv", 2, range(11))
    write_view(tmp_path / "videos" / "slow.mkv", 2, range(6), Fraction(25, 2))
    phone, slow, _ = find_views(tmp_path / "videos")
    assert (phone.rate, slow.rate) == (25, Fraction(25, 2))
    found, rate = search(tmp_path / "videos")
    assert rate == 25 and "slow 12.5" in caplog.text
    assert "differ in length" not in caplog.text
    keypoints = arrays_of(found, rate)["keypoints2d"]
    known = np.isfinite(keypoints[:, :, 0, 0, 0])
    assert np.flatnonzero(known[0]).tolist() == [f for f in shown if f != 5]
    assert np.flatnonzero(known[1]).tolist() == [0, 2, 4, 6, 8]
    assert np.flatnonzero(~known[2]).tolist() == [5]
    files = sorted((tmp_path / "results" / "openpose" / "phone").iterdir())
    assert [int(path.name.split("_")[1]) for path in files] == shown
    by_frames = read_detections(tmp_path / "results" / "openpose")
    np.testing.assert_allclose(by_frames.keypoints2d[:, :, 0], keypoints[:, :, 0], atol=1e-4)
    masks = list(VideoReader(VideoInfo.from_path(tmp_path / "results" / "masks" / "phone.mkv")))
    assert len(masks) == len(shown)


def test_views_of_unequal_length_are_told(videos, search, caplog):
    search(videos)
    assert "cam1 0.32, cam2 0.24, cam10 0.32 s" in caplog.text


def test_the_rate_is_that_of_most_frames(tmp_path):
    path = write_view(tmp_path / "a.mkv", frames=[*range(10), *range(100, 110)])
    assert VideoInfo.from_path(path).rate == 25
    assert usual_rate(VideoInfo.from_path(path)) == 25
    third = write_view(tmp_path / "b.mkv", frames=range(12), rate=30)
    assert usual_rate(VideoInfo.from_path(third)) == 30
    assert common_rate([*find_views(path), *find_views(third)]) == 30


def test_broken_times_are_not_believed(tmp_path, caplog):
    (view,) = find_views(write_view(tmp_path / "a.mkv"))
    times = growing_times(np.array([0, 0.04, 1e5]), view)
    np.testing.assert_allclose(times, [0, 0.04, 0.08])
    assert "times are broken" in caplog.text


def test_a_person_keeps_a_column():
    spans = {7: (0, 3), 2: (1, 9), 5: (4, 6), 9: (5, 9)}
    assert columns_of(spans) == {7: 0, 2: 1, 5: 0, 9: 2}
    assert columns_of({}) == {}


def test_nobody_at_all_is_an_answer(tmp_path, search):
    write_view(tmp_path / "videos" / "empty.mkv", frames=[5])
    found, rate = search(tmp_path / "videos")
    keypoints = arrays_of(found, rate)["keypoints2d"]
    assert keypoints.shape == (1, 1, 1, 17, 3)
    assert np.isnan(keypoints).all()


def test_who_is_wanted_is_chosen_with_the_whole_video_at_hand(videos, search, tmp_path):
    (largest,), rate = search(videos / "cam1.mkv", person="largest")
    keypoints = arrays_of([largest], rate)["keypoints2d"]
    np.testing.assert_allclose(keypoints[0, :, 0], truth_of(0)[:, 1], rtol=1e-6)
    assert search.made[0].options.person == "all"
    (left,), rate = search(videos / "cam1.mkv", person="20,40,4", folder=tmp_path / "left")
    keypoints = arrays_of([left], rate)["keypoints2d"]
    np.testing.assert_allclose(keypoints[0, :, 0], truth_of(0)[:, 0], rtol=1e-6)
    reader = VideoReader(VideoInfo.from_path(tmp_path / "left" / "masks" / "cam1.mkv"))
    columns = [np.flatnonzero(frame.image.any((0, 2))) for frame in reader]
    assert [len(c) for c in columns] == [20, 20, 20, 20, 20, 0, 20, 20]
    with pytest.raises(ValueError, match=r"20,40,4.*3 videos: use all or largest"):
        search(videos, person="20,40,4")
    with pytest.raises(ValueError, match=r"person"):
        search(videos / "cam1.mkv", person="12", folder=tmp_path / "other")
