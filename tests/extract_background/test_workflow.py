"""The plugin through the real Ikomia API."""

import shutil
from fractions import Fraction

import cv2
import numpy as np
import pytest

from development.synthetic.clip import SyntheticClip
from development.synthetic.scenes import make_scene, metrics
from workflows.media.video_writer import VideoSink

NAME = "extract_background"


@pytest.fixture(scope="module")
def scene():
    return make_scene("moving", seed=4, bad_mattes=False)


@pytest.fixture(scope="module")
def clip(scene, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clip")
    for name, images, channels in (("video", scene.frames, 3), ("alpha", scene.mattes, 1)):
        rate = Fraction(25)
        path = folder / f"{name}.mp4"
        with VideoSink(path, 320, 240, rate, 1 / rate, channels=channels, crf=10) as sink:
            for index, image in enumerate(images[::3]):
                sink.write(np.ascontiguousarray(image), index)
    return folder


@pytest.fixture
def task_of(workflow_of):
    def build(**parameters):
        workflow, (task,) = workflow_of(NAME)
        task.set_parameters({key: str(value) for key, value in parameters.items()})
        return workflow, task

    return build


def plate_of(task):
    return task.get_output(0).get_image()


def test_pictures_one_by_one_then_finish(task_of, scene):
    workflow, task = task_of()
    workflow.connect_tasks(workflow.root(), task, [(0, 0)])
    for frame in scene.frames[::5]:
        workflow.set_image_input(array=np.ascontiguousarray(frame), index=0)
        if len(workflow.get_in_edges(workflow.get_task_id(task))) == 0:
            workflow.connect_tasks(workflow.root(), task, [(0, 0)])
        workflow.run()
    assert task.get_output(3).data["method"].startswith("running")
    task.finish()
    report = task.get_output(3).data
    assert report["method"] == "bootstrap"
    assert report["frames_used"] == 30
    assert metrics(plate_of(task), scene.background)[0] < 0.6
    coverage = task.get_output(4).get_array()
    assert coverage.dtype == np.float32
    assert coverage.shape == (240, 320)
    assert set(np.unique(task.get_output(2).get_image())) <= {0, 255}


@pytest.mark.parametrize("mode", ["look_ahead", "streaming"])
def test_video_ends_with_the_final_plate(task_of, clip, scene, mode):
    workflow, task = task_of(mode=mode)
    workflow.set_video_input(path=str(clip / "video.mp4"), index=0)
    workflow.connect_tasks(workflow.root(), task, [(0, 0)])
    workflow.set_cfg_entry("WholeVideo", "1")
    workflow.run()
    assert task.get_output(3).data["method"] == "bootstrap"
    assert metrics(plate_of(task), scene.background)[0] < 2.5


def test_video_and_alpha_video_by_path(task_of, clip, scene):
    _, task = task_of(video_path=clip / "video.mp4", alpha_video_path=clip / "alpha.mp4")
    task.run()
    assert task.get_output(3).data["method"] == "robust"
    assert metrics(plate_of(task), scene.background)[0] < 1.5


def test_paths_alone_are_enough_in_a_workflow(task_of, clip, scene):
    workflow, task = task_of(video_path=clip / "video.mp4")
    workflow.connect_tasks(workflow.root(), task)
    workflow.run()
    assert metrics(plate_of(task), scene.background)[0] < 2.5


def test_easyvolcap_root_gives_every_cameras_plate(task_of, scene, tmp_path):
    for camera in ("00", "01"):
        for kind, images in (("images", scene.frames), ("mask", scene.mattes)):
            folder = tmp_path / "data" / kind / camera
            folder.mkdir(parents=True)
            for index in range(0, 150, 5):
                image = images[index]
                cv2.imwrite(
                    str(folder / f"{index}.png"), image[..., ::-1] if image.ndim == 3 else image
                )
    _, task = task_of(
        easyvolcap_root=tmp_path / "data", plates_folder=tmp_path / "plates", method="masked_mean"
    )
    task.run()
    plates = sorted((tmp_path / "plates").iterdir())
    assert [p.name for p in plates] == ["00.png", "01.png"]
    image = cv2.imread(str(plates[0]), cv2.IMREAD_UNCHANGED)
    assert image.shape == (240, 320, 4)
    assert list(task.get_output(3).data["cameras"]) == ["00", "01"]
    (tmp_path / "data" / "mask").rename(tmp_path / "masks")
    task.set_parameters({**task.get_parameters(), "masks_folder": str(tmp_path / "masks")})
    task.run()
    np.testing.assert_array_equal(cv2.imread(str(plates[0]), cv2.IMREAD_UNCHANGED), image)
    shutil.rmtree(tmp_path / "masks" / "01")
    task.set_parameters({**task.get_parameters(), "max_frames": "9"})
    with pytest.raises(FileNotFoundError, match=r"masks_folder has no .*01"):
        task.run()


def run_video(workflow, task, *paths):
    for index, path in enumerate(paths):
        workflow.set_video_input(path=str(path), index=index)
    workflow.connect_tasks(workflow.root(), task, [(i, i) for i in range(len(paths))])
    workflow.set_cfg_entry("WholeVideo", "1")
    workflow.run()
    return task.get_output(3).data


def test_header_that_promises_too_much_does_not_cost_the_plate(task_of, shared):
    workflow, task = task_of(max_frames=30, method="median")
    clip = shared / "data" / "decoder_cases" / "mpeg4_750hdr_748dec.avi"
    report = run_video(workflow, task, clip)
    assert report["method"] == "median"
    assert 748 <= report["frames_offered"] <= 750
    assert "the header promises 750 frames" in report["warnings"][0]


def test_two_videos_of_different_length_are_paired_by_index(task_of, shared):
    cases = shared / "data" / "decoder_cases"
    workflow, task = task_of()
    report = run_video(workflow, task, cases / "vfr.mp4", cases / "alpha97.mp4")
    assert report["method"] == "robust"
    assert report["frames_offered"] == report["mattes_used"] == 97
    assert "100 frames and 97 mattes" in report["warnings"][0]


def undisturbed(run, task):
    """The report of a run in which Ikomia's reader, as it does at times, lost no frame."""
    for _ in range(10):
        run()
        report = dict(task.get_output(3).data)
        if not any("could be read" in text for text in report["warnings"]):
            break
    return report


def test_same_video_again_is_a_new_sequence(task_of, clip):
    workflow, task = task_of(method="median")
    first = undisturbed(lambda: run_video(workflow, task, clip / "video.mp4"), task)
    assert first["frames_offered"] == 50
    assert undisturbed(workflow.run, task) == first


def test_look_ahead_has_the_colours_that_the_workflow_shows(task_of, shared):
    clip = shared / "data" / "decoder_cases" / "flat_709_lim_tag.mp4"
    workflow, task = task_of(mode="look_ahead")
    report = run_video(workflow, task, clip)
    shown = task.get_input(0).get_image().astype(int)
    assert np.abs(plate_of(task) - shown).mean() < 1.5
    assert report["warnings"] == []


def test_look_ahead_takes_an_alpha_video(task_of, clip):
    workflow, task = task_of(mode="look_ahead", alpha_video_path=clip / "alpha.mp4")
    assert run_video(workflow, task, clip / "video.mp4")["method"] == "robust"


def test_frame_in_the_mattes_place_is_refused(task_of, scene):
    workflow, task = task_of()
    workflow.set_image_input(array=scene.frames[0].copy(), index=0)
    workflow.connect_tasks(workflow.root(), task, [(0, 0), (0, 1)])
    with pytest.raises(RuntimeError, match="is the frame itself"):
        workflow.run()


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"video_path": "a.mp4", "frames_folder": "b"}, "video_path and frames_folder are set"),
        ({"alpha_video_path": "a.mp4"}, "alpha_video_path needs the video"),
        ({"masks_folder": "a"}, "masks_folder needs frames_folder"),
        ({"easyvolcap_root": "a"}, "easyvolcap_root needs plates_folder"),
        ({"video_path": "a.mp4", "method": "robust"}, "method robust needs mattes"),
    ],
)
def test_contradicting_parameters_are_refused_before_any_work(task_of, parameters, text):
    _, task = task_of(**parameters)
    with pytest.raises(ValueError, match=text):
        task.run()


def test_method_that_needs_mattes_is_refused_at_the_first_frame(task_of, clip):
    workflow, task = task_of(method="alpha_mean")
    with pytest.raises(RuntimeError, match="alpha_mean needs mattes"):
        run_video(workflow, task, clip / "video.mp4")


def test_nothing_to_read_is_refused(task_of):
    _, task = task_of()
    with pytest.raises(ValueError, match="input 0 of extract_background is empty"):
        task.run()


def test_bad_value_leaves_the_old_ones():
    from extract_background.parameters import ExtractBackgroundParam

    parameters = ExtractBackgroundParam()
    before = parameters.get_values()
    with pytest.raises(ValueError, match="method"):
        parameters.set_values({**before, "stride": "3", "method": "magic"})
    assert parameters.get_values() == before


def test_registration_gives_each_frame_its_plate(task_of, tmp_path):
    room = SyntheticClip(width=320, height=240, seed=4).background
    rate, path, alpha = Fraction(25), tmp_path / "pan.mkv", tmp_path / "alpha.mkv"
    with (
        VideoSink(path, 240, 240, rate, 1 / rate, codec="ffv1") as sink,
        VideoSink(alpha, 240, 240, rate, 1 / rate, codec="ffv1", channels=1) as mattes,
    ):
        for index in range(8):
            frame = np.ascontiguousarray(room[:, 10 * index : 10 * index + 240])
            matte = np.zeros((240, 240), np.uint8)
            matte[110:, 20 + 22 * index : 60 + 22 * index] = 255
            sink.write(np.where(matte[..., None] > 0, np.uint8(200), frame), index)
            mattes.write(matte, index)
    workflow, task = task_of(mode="look_ahead", registration="auto", alpha_video_path=alpha)
    workflow.connect_tasks(workflow.root(), task, [(0, 0)])
    errors = []
    original = task._publish

    def watched(plate):
        left = 10 * len(errors)
        seen = plate.coverage > 0.1
        difference = plate.background.astype(float) - room[:, left : left + 240]
        errors.append(np.abs(difference[seen]).mean())
        original(plate)

    task._publish = watched
    workflow.run_on(path=str(path))
    assert len(errors) == 8
    assert max(errors) < 3
    report = task.get_output(3).data
    assert report["registration"]["frames_registered"] == 8
    assert plate_of(task).shape == (240, 240, 3)
    assert task.get_output(5).get_image().shape[1] == pytest.approx(310, abs=3)
