"""The plugin through the real Ikomia API, mostly with a finder that knows who is where."""

import importlib
from itertools import pairwise

import cv2
import numpy as np
import pytest

from infer_people.infer_people_kit.stopping import Stopped
from infer_people.ports import Input, Output
from plugin_kit.keypoints.skeletons import SKELETONS
from plugin_kit.video import VideoInfo, VideoReader
from tests.detection_plugin import write_detection
from tests.infer_multiview_triangulation.studio_shots import error, shot
from tests.infer_people.pretend import (
    HEIGHT,
    WIDTH,
    PretendFinder,
    keypoints_in,
    people_at,
    picture_of,
    write_view,
)

NAME = "infer_people"


@pytest.fixture
def process():
    from workflows.plugins import load_plugin

    load_plugin(NAME)
    return importlib.import_module(f"{NAME}.{NAME}_process")


@pytest.fixture
def finders(process, monkeypatch):
    """The pretended finders that are made, in the order of their making."""
    made = []

    class Finder(PretendFinder):
        def __init__(self, options):
            super().__init__(options)
            made.append(self)

    monkeypatch.setattr(process, "PeopleFinder", Finder)
    return made


@pytest.fixture
def task_of(workflow_of, process):
    def build(*others, **parameters):
        workflow, (task, *rest) = workflow_of(NAME, *others)
        task.set_parameters({key: str(value) for key, value in parameters.items()})
        workflow.connect_tasks(workflow.root(), task, [(0, 0)])
        return workflow, task, *rest

    return build


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    """The name of an object detection that finds two people, a dog, and a doubtful person."""
    from ikomia.dataprocess.registry import ik_registry

    name = "say_where_somebody_is"
    found = [
        (0, 0.9, 8.0, 10.0, 40.0, 50.0),
        (1, 0.8, 1.0, 1.0, 9.0, 9.0),
        (2, 0.7, 60.0, 20.0, 30.0, 40.0),
        (0, 0.2, 30.0, 5.0, 30.0, 50.0),
    ]
    folder = write_detection(
        tmp_path_factory.mktemp("plugins"), name, ("person", "dog", "Pedestrian"), found
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder.parent))
        ik_registry.load_python_algorithm(str(folder))
    return name


def show(workflow, view=0, frame=0):
    workflow.set_image_input(array=picture_of(view, frame), index=0)
    workflow.run()


def test_outputs_of_a_picture(task_of, finders):
    workflow, task = task_of()
    show(workflow)
    boxes = np.array(list(people_at(0, 0).values()))
    picture = task.get_output(Output.PICTURE).get_image()
    assert picture.shape == (HEIGHT, WIDTH, 3)
    changed = (picture != picture_of(0, 0)).any(axis=2)
    assert changed[20:60, 10:30].mean() > 0.9 and not changed[:, 94:].any()

    shown = task.get_output(Output.KEYPOINTS_IO)
    assert shown.get_keypoint_names() == list(SKELETONS["coco17"].joints)
    assert len(shown.get_keypoint_links()) == 16
    assert [(o.id, o.label, len(o.points)) for o in shown.get_objects()] == [
        (0, "person", 16),
        (1, "person", 16),
    ]
    assert shown.get_objects()[1].box == [60, 16, 30, 44]
    assert task.get_image_with_graphics().shape == (HEIGHT, WIDTH, 3)

    keypoints = task.get_output(Output.KEYPOINTS).get_array()
    assert keypoints.dtype == np.float32
    wanted = np.stack([keypoints_in(box) for box in boxes])
    wanted[:, 2] = np.nan
    np.testing.assert_array_equal(keypoints, wanted)

    told = task.get_output(Output.DESCRIPTION).data
    assert (told["skeleton"], told["units"]) == ("coco17", "pixels")
    assert told["sizes"] == [[WIDTH, HEIGHT]] and told["views"] == ["picture"]
    assert [person["id"] for person in told["people"]] == [0, 1]
    assert told["people"][1]["box"] == [60, 16, 90, 60]
    assert told["people"][0]["score"] == pytest.approx(0.9)

    mask = np.squeeze(task.get_output(Output.MASK).get_image())
    assert mask.dtype == np.uint8 and mask[30, 20] == 255 and mask[16, 70] == 100
    assert not mask[:, 40:60].any()
    instances = task.get_output(Output.INSTANCES)
    assert [(o.id, o.label) for o in instances.get_objects()] == [(0, "person"), (1, "person")]
    alone = instances.get_objects()[1].mask
    assert (alone[17:60, 60:90] > 0).all() and not alone[:, :60].any() and not alone[16].any()


def test_nothing_of_the_picture_before_is_left(task_of, finders):
    workflow, task = task_of()
    for frame, count in ((0, 2), (5, 0), (2, 1)):
        show(workflow, frame=frame)
        assert task.get_output(Output.KEYPOINTS_IO).get_object_count() == count
        assert task.get_output(Output.INSTANCES).get_object_count() == count
        assert task.get_output(Output.KEYPOINTS).get_array().shape == (count, 17, 3)
        assert len(task.get_output(Output.DESCRIPTION).data["people"]) == count
        assert task.get_output(Output.MASK).get_image().any() == (count > 0)
    show(workflow, frame=5)
    np.testing.assert_array_equal(task.get_output(Output.PICTURE).get_image(), picture_of(0, 5))


def test_without_masks_their_outputs_are_empty(task_of, finders):
    workflow, task = task_of(skeleton="body25")
    show(workflow)
    assert task.get_output(Output.MASK).is_data_available()
    workflow.set_parameters({"masks": "False"}, task_name=NAME)
    show(workflow)
    assert not task.get_output(Output.MASK).is_data_available()
    assert task.get_output(Output.INSTANCES).get_object_count() == 0
    assert task.get_output(Output.KEYPOINTS).get_array().shape == (2, 25, 3)
    assert task.get_output(Output.DESCRIPTION).data["joints"][8] == "mid_hip"


@pytest.mark.parametrize(
    "convert",
    [
        lambda p: p[..., 0],
        lambda p: np.dstack([p, p[..., 0]]),
        lambda p: p.astype(np.uint16) * 257,
    ],
    ids=["grey", "alpha", "16 bits"],
)
def test_pictures_of_other_kinds(task_of, finders, convert):
    workflow, task = task_of()
    workflow.run_on(array=convert(picture_of(0, 1)))
    assert finders[0].seen == [(0, 1)]
    assert task.get_output(Output.PICTURE).get_image().shape == (HEIGHT, WIDTH, 3)


def test_numbers_are_kept_through_a_video_and_begin_anew_with_the_next(task_of, finders, tmp_path):
    workflow, task = task_of()
    paths = [write_view(tmp_path / f"{name}.mkv", v) for v, name in enumerate(("a", "b"))]
    workflow.run_on(path=str(paths[0]))
    (finder,) = finders
    frames = [frame for _, frame in finder.seen]
    assert sorted(set(frames)) == list(range(8))
    resets = finder.resets
    workflow.run_on(path=str(paths[1]))
    assert finder.resets == resets + 1 == 2
    assert task.get_output(Output.DESCRIPTION).data["views"] == ["b"]


def test_a_saved_video_shows_the_people(task_of, finders, tmp_path):
    workflow, _ = task_of()
    workflow.set_auto_save(True)
    workflow.set_output_folder(f"{tmp_path / 'saved'}/")
    workflow.run_on(path=str(write_view(tmp_path / "a.mkv")))
    drawn, masks = sorted((tmp_path / "saved").rglob("*.mp4"))
    for path, darkest in ((drawn, 90), (masks, 0)):
        frames = [f.image for f in VideoReader(VideoInfo.from_path(path), is_grey=True)]
        is_changed = [bool(np.ptp(frame[16:].astype(int)) > 100) for frame in frames]
        assert is_changed == [True] * 5 + [False] + [True] * 2
        assert frames[5][16:].min() >= darkest


@pytest.mark.parametrize(("sequence", "resets"), [("auto", 3), ("stream", 1)])
def test_frames_of_a_webcam_go_on_where_that_is_said(task_of, finders, sequence, resets):
    workflow, _ = task_of(sequence=sequence)
    for frame in range(3):
        show(workflow, frame=frame)
    assert [finder.resets for finder in finders] == [resets]


def test_the_networks_are_loaded_again_only_where_they_change(task_of, finders):
    workflow, _ = task_of()
    show(workflow)
    workflow.set_parameters({"sequence": "image"}, task_name=NAME)
    show(workflow)
    assert len(finders) == 1
    changes = {
        "conf_thres": "0.4",
        "conf_kp_thres": "0.2",
        "input_size": "768",
        "threads": "2",
        "device": "cpu",
        "flip": "True",
        "person": "0",
    }
    workflow.set_parameters(changes, task_name=NAME)
    show(workflow)
    options = finders[1].options
    assert (options.score, options.keypoint_score, options.input_size) == (0.4, 0.2, 768)
    assert (options.threads, options.device, options.flip, options.person) == (2, "cpu", True, "0")


@pytest.mark.parametrize(
    ("parameters", "boxes"),
    [
        ({}, [[8, 10, 48, 60]]),
        ({"conf_thres": 0.1}, [[8, 10, 48, 60], [30, 5, 60, 55]]),
        ({"person_label": "Person, pedestrian"}, [[8, 10, 48, 60], [60, 20, 90, 60]]),
        ({"person_label": "", "conf_thres": 0.75}, [[8, 10, 48, 60], [1, 1, 10, 10]]),
        ({"person_label": "cat"}, []),
    ],
)
def test_a_detector_may_say_where_people_are(task_of, finders, upstream, parameters, boxes):
    workflow, task = task_of(**parameters)
    detector = workflow.add_task(name=upstream, auto_connect=False)
    workflow.connect_tasks(workflow.root(), detector, [(0, 0)])
    workflow.connect_tasks(detector, task, [(1, 1)])
    show(workflow)
    (given,) = finders[0].boxes
    assert given.shape == (len(boxes), 4)
    np.testing.assert_allclose(given, np.reshape(boxes, (-1, 4)))


def test_without_a_detector_no_boxes_are_given(task_of, finders):
    workflow, _ = task_of()
    show(workflow)
    assert finders[0].boxes == [None]


def test_what_cannot_be_used_is_refused(task_of, tmp_path):
    workflow, task = task_of()
    for key, value in (("person", "nobody"), ("input_size", "20"), ("conf_thres", "2")):
        with pytest.raises(Exception, match=rf"(?s){key}.*{value}"):
            workflow.set_parameters({key: value}, task_name=NAME)
    with pytest.raises(ValueError, match=r"input 0 of infer_people is empty.*videos_path"):
        task.run()
    workflow.set_parameters({"videos_path": str(tmp_path / "nowhere")}, task_name=NAME)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        task.run()


@pytest.fixture
def taken():
    return shot(411, 24, views=(1, 3, 5, 7))


@pytest.fixture
def studio(process, monkeypatch, taken, tmp_path):
    """Videos of a studio's cameras, and a finder that sees its dancer in them."""

    class Finder(PretendFinder):
        def found(self, view, frame, size):
            people = super().found(0, 2, size)
            keypoints = np.nan_to_num(taken.keypoints[view, frame]).astype(np.float32)
            people.keypoints[:] = keypoints
            return people

    monkeypatch.setattr(process, "PeopleFinder", Finder)
    # The code in a picture tells 16 frames apart.
    for view, camera in enumerate(taken.cameras):
        write_view(tmp_path / "videos" / f"{camera.name}.mkv", view, range(15))
    return tmp_path / "videos"


def test_a_folder_of_videos_goes_into_the_triangulation_as_it_is(task_of, studio, taken, tmp_path):
    from infer_multiview_triangulation.data import cameras_to

    results = tmp_path / "results"
    workflow, task, points = task_of(
        "infer_multiview_triangulation", videos_path=studio, output_folder=results
    )
    workflow.connect_tasks(task, points, [(Output.KEYPOINTS, 0), (Output.DESCRIPTION, 1)])
    points.get_input(2).data = {"cameras": cameras_to(taken.cameras)}
    workflow.run()
    keypoints = task.get_output(Output.KEYPOINTS).get_array()
    assert keypoints.shape == (4, 15, 1, 17, 3)
    told = task.get_output(Output.DESCRIPTION).data
    assert told["views"] == ["c01", "c03", "c05", "c07"]
    assert (told["fps"], len(told["timestamps"])) == (25, 15)
    assert told["people"]["c03"] == [{"id": 0, "first": 0, "last": 14, "frames": 15}]
    assert error(points.get_output(0).get_array(), taken.points[:15]) < 1.5
    report = points.get_output(1).data
    assert (report["fps"], report["skeleton"], report["frames"]) == (25, "coco17", 15)
    sheet = task.get_output(Output.PICTURE).get_image()
    assert sheet.shape[2] == 3 and sheet.shape[1] == 2 * WIDTH
    for port in (Output.KEYPOINTS_IO, Output.MASK, Output.INSTANCES):
        assert not task.get_output(port).is_data_available()
    assert len(list(results.rglob("*_keypoints.json"))) == 4 * 15


def test_videos_are_searched_once_and_can_be_stopped(task_of, studio, process, monkeypatch):
    workflow, task = task_of(videos_path=studio, masks=False)
    calls = []
    found_in = process.find_in_views
    monkeypatch.setattr(
        process, "find_in_views", lambda *a, **k: calls.append(a) or found_in(*a, **k)
    )
    task.run()
    task.run()
    assert len(calls) == 1
    workflow.set_parameters({"person": "largest"}, task_name=NAME)
    monkeypatch.setattr(process, "find_views", stopping(task, process.find_views))
    with pytest.raises(Stopped):
        task.run()


def stopping(task, find_views):
    def found(path):
        task.stop()
        return find_views(path)

    return found


def test_the_saved_workflow_leads_from_motion_from_videos(process):
    from ikomia.dataprocess.workflow import Workflow

    from workflows.plugins import REPOSITORY, load_plugin

    names = (NAME, "infer_multiview_triangulation", "infer_smpl_fit")
    for name in names:
        load_plugin(name)
    workflow = Workflow("loaded")
    workflow.load(str(REPOSITORY / "workflows" / "saved" / "motion_from_videos.json"))
    tasks = [workflow.find_task(name, 0) for name in names]
    for before, after in pairwise(map(workflow.get_task_id, tasks)):
        assert workflow.get_children(before) == [after]
    workflow.set_exposed_parameter("videos", "some where")
    assert tasks[0].get_parameters()["videos_path"] == "some where"


def test_the_mask_is_a_matte_for_the_background(task_of, finders, tmp_path):
    workflow, task, plate = task_of("extract_background")
    workflow.connect_tasks(workflow.root(), plate, [(0, 0)])
    workflow.connect_tasks(task, plate, [(Output.MASK, 1)])
    plate.set_parameters({"method": "masked_mean", "dilation": "1"})
    workflow.run_on(path=str(write_view(tmp_path / "a.mkv", 1)))
    holes = np.squeeze(plate.get_output(2).get_image())
    coverage = plate.get_output(4).get_array()
    assert not holes.any()
    # The walker hides these pixels for a few frames, and those never.
    assert coverage[40, 28] < coverage[40, 90]


def test_the_real_finder_sees_a_person(task_of, shared):
    workflow, task = task_of(threads=1)
    picture = cv2.imread(str(shared / "data" / "matting" / "person.png"))[..., ::-1]
    workflow.run_on(array=cv2.resize(picture, (640, 360), interpolation=cv2.INTER_AREA))
    keypoints = task.get_output(Output.KEYPOINTS).get_array()
    assert keypoints.shape == (1, 17, 3)
    np.testing.assert_allclose(keypoints[0, 0, :2], (357, 167), atol=6)
    mask = np.squeeze(task.get_output(Output.MASK).get_image())
    assert mask[200, 356] > 250 and mask[100, 100] == 0
    assert task.get_input(Input.SOURCE).get_image().shape == (360, 640, 3)


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 3)])
def test_the_real_finder_sees_nobody_in_tiny_pictures(task_of, size):
    workflow, task = task_of(threads=1)
    workflow.run_on(array=np.full((*size, 3), 90, np.uint8))
    assert task.get_output(Output.KEYPOINTS).get_array().shape == (0, 17, 3)
    assert np.squeeze(task.get_output(Output.MASK).get_image()).sum() == 0
