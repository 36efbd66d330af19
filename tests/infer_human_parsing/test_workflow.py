"""The plugin through the real Ikomia API, with seeded weights."""

import functools
import importlib
import sys
from fractions import Fraction

import cv2
import numpy as np
import pytest

from infer_human_parsing.checkpoints import load_network
from infer_human_parsing.human_parsing_network import ATR, LIP
from infer_human_parsing.human_parsing_pipeline import (
    HumanParser,
    ParserOptions,
    Person,
    palette,
    parse_easyvolcap,
    person_mask,
    trimap,
    whole_picture,
)
from infer_human_parsing.infer_human_parsing_kit import openvino_engine
from tests.detection_plugin import write_detection
from workflows.media.video_writer import VideoSink
from workflows.plugins import load_plugin

NAME = "infer_human_parsing"
IMAGE, SEGMENTATION, MASK, TRIMAP, PART_MAPS, PROBABILITY, PEOPLE = range(7)
SIZE = 49


@pytest.fixture(scope="module", autouse=True)
def networks_are_built_once():
    """67 million weights are a second of work, which each of these tasks would do anew."""
    load_plugin(NAME)
    process = importlib.import_module(f"{NAME}.{NAME}_process")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("load_network", "HumanParser"):
            patch.setattr(process, name, functools.cache(getattr(process, name)))
        yield


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    """The name of an object detection that finds two people, a dog, and a doubtful person."""
    from ikomia.dataprocess.registry import ik_registry

    name = "say_where_people_are"
    found = [
        (0, 0.9, 8.0, 10.0, 40.0, 60.0),
        (1, 0.8, 1.0, 1.0, 9.0, 9.0),
        (2, 0.7, 60.0, 20.0, 30.0, 50.0),
        (0, 0.3, 30.0, 5.0, 30.0, 50.0),
    ]
    plugins = tmp_path_factory.mktemp("plugins")
    folder = write_detection(plugins, name, ("person", "dog", "Pedestrian"), found)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder.parent))
        ik_registry.load_python_algorithm(str(folder))
    assert name in ik_registry.get_algorithms()
    return name


@pytest.fixture
def task_of(workflow_of, checkpoint):
    """A task that OpenVINO runs only where a test asks for it, so that labels are equal."""

    def build(path=None, **parameters):
        workflow, (task,) = workflow_of(NAME)
        given = {
            "model_weight_file": path or checkpoint(20),
            "boxes": "whole",
            "input_size": SIZE,
            "engine": "torch",
            **parameters,
        }
        task.set_parameters({key: str(value) for key, value in given.items()})
        workflow.connect_tasks(workflow.root(), task, [(0, 0)])
        return workflow, task

    return build


@pytest.fixture
def behind_upstream(task_of, upstream):
    def build(**parameters):
        workflow, task = task_of(**{"boxes": "auto", **parameters})
        detect = workflow.add_task(name=upstream, auto_connect=False)
        workflow.connect_tasks(workflow.root(), detect, [(0, 0)])
        workflow.connect_tasks(detect, task, [(1, 1)])
        return workflow, task

    return build


def picture(height=80, width=100, seed=0):
    small = np.random.default_rng(seed).integers(0, 256, (8, 10, 3), np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def run(workflow, image):
    workflow.set_image_input(array=image, index=0)
    workflow.run()


def people(task):
    return task.get_output(PEOPLE).data["people"]


@pytest.fixture(scope="module")
def engine(checkpoint):
    network, classes = load_network(checkpoint(20))
    return lambda **kw: HumanParser(network, classes, ParserOptions(input_size=SIZE, **kw))


def test_outputs_come_in_the_documented_order(task_of, engine):
    workflow, task = task_of(trimap_erosion=2, trimap_dilation=4)
    run(workflow, picture())
    expected = engine()(picture(), [whole_picture(80, 100)])
    segmentation = task.get_output(SEGMENTATION)
    np.testing.assert_array_equal(segmentation.get_mask(), expected.labels)
    assert segmentation.get_class_names() == list(LIP.names)
    assert segmentation.get_colors() == palette(20).tolist()
    assert len(np.unique(expected.labels)) > 2
    assert not expected.labels.all()
    np.testing.assert_array_equal(task.get_output(IMAGE).get_image(), picture())
    mask = person_mask(expected.labels)
    np.testing.assert_array_equal(np.squeeze(task.get_output(MASK).get_image()), mask)
    np.testing.assert_array_equal(
        np.squeeze(task.get_output(TRIMAP).get_image()), trimap(mask, 2, 4)
    )
    maps = task.get_output(PART_MAPS).get_array()
    np.testing.assert_array_equal(maps, expected.labels[None])
    probability = task.get_output(PROBABILITY).get_array()
    np.testing.assert_allclose(probability, expected.probability, atol=1e-5)
    data = task.get_output(PEOPLE).data
    assert (data["classes"], data["names"]) == ("lip", list(LIP.names))
    assert sum(data["people"][0]["parts"].values()) == np.count_nonzero(expected.labels)
    assert task.get_image_with_mask().shape == (80, 100, 3)


def test_an_object_detection_upstream_says_where_people_are(behind_upstream, engine):
    workflow, task = behind_upstream()
    run(workflow, picture())
    expected = engine()(picture(), [Person((8, 10, 48, 70), 0.9)])
    np.testing.assert_array_equal(task.get_output(SEGMENTATION).get_mask(), expected.labels)
    (person,) = people(task)
    assert person["box"] == [8, 10, 48, 70]
    assert person["score"] == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("parameters", "scores"),
    [
        ({"person_label": "person, pedestrian"}, [0.9, 0.7]),
        ({"person_label": ""}, [0.9, 0.8, 0.7]),
        ({"detector_score": 0.2}, [0.9, 0.3]),
        ({"boxes": "whole"}, [1.0]),
    ],
)
def test_labels_and_scores_choose_among_the_boxes(behind_upstream, parameters, scores):
    workflow, task = behind_upstream(**parameters)
    run(workflow, picture())
    assert [p["score"] for p in people(task)] == pytest.approx(scores)
    assert task.get_output(PART_MAPS).get_array().shape == (len(scores), 80, 100)


def test_oriented_boxes_are_taken_upright():
    from ikomia.dataprocess import CObjectDetectionIO

    from infer_human_parsing.infer_human_parsing_process import people_of
    from infer_human_parsing.parameters import Settings

    detections = CObjectDetectionIO()
    detections.init("oriented", 0)
    for index, angle in enumerate((0.0, 90.0, -30.0)):
        detections.add_object(index, "person", 0.9, 50.0, 60.0, 40.0, 20.0, angle, [0, 0, 0])
    flat, standing, tilted = (person.box for person in people_of(detections, Settings()))
    assert flat == pytest.approx((30, 50, 70, 70))
    assert standing == pytest.approx((40, 40, 60, 80))
    corners = cv2.boxPoints(((50, 60), (40, 20), -30))
    assert tilted == pytest.approx((*corners.min(axis=0), *corners.max(axis=0)), abs=1e-4)


@pytest.mark.parametrize(("rule", "count"), [("whole", 1), ("empty", 0)])
def test_a_detector_that_finds_nobody_is_not_replaced_by_another(behind_upstream, rule, count):
    workflow, task = behind_upstream(without_boxes=rule)
    run(workflow, np.zeros((80, 100, 3), np.uint8))
    assert len(people(task)) == count
    if rule == "empty":
        assert not task.get_output(SEGMENTATION).get_mask().any()
        assert not task.get_output(MASK).get_image().any()
    else:
        assert people(task)[0]["box"] == [0, 0, 100, 80]


def test_overwriting_is_an_option(behind_upstream, engine):
    boxes = [(8, 10, 48, 70), (30, 5, 60, 55)]
    found = [Person(box, score) for box, score in zip(boxes, (0.9, 0.3), strict=True)]
    results = {}
    for merge in ("probability", "overwrite"):
        workflow, task = behind_upstream(merge=merge, detector_score=0.2)
        run(workflow, picture())
        expected = engine(overwrite=merge == "overwrite")(picture(), found)
        results[merge] = task.get_output(SEGMENTATION).get_mask().copy()
        np.testing.assert_array_equal(results[merge], expected.labels)
    assert (results["probability"] != results["overwrite"]).any()


def test_without_a_detection_input_mask_rcnn_is_asked(task_of, monkeypatch):
    from infer_human_parsing.infer_human_parsing_process import InferHumanParsing

    asked = []

    def detect(image):
        asked.append(image.shape)
        return [Person((5, 5, 50, 70), 0.8)]

    monkeypatch.setattr(InferHumanParsing, "_person_detector", lambda self: detect)
    workflow, task = task_of(boxes="auto")
    run(workflow, picture())
    assert asked == [(80, 100, 3)]
    assert [p["box"] for p in people(task)] == [[5, 5, 50, 70]]


def test_boxes_from_an_input_that_is_not_connected_are_refused(task_of):
    workflow, _ = task_of(boxes="input")
    with pytest.raises(RuntimeError, match="boxes=input, but input 1"):
        run(workflow, picture())


def test_another_checkpoint_brings_its_own_classes(task_of, checkpoint):
    workflow, task = task_of()
    task.get_output(SEGMENTATION).auto_save = False
    for path, names in ((checkpoint(20), LIP.names), (checkpoint(18), ATR.names)):
        task.set_parameters({**task.get_parameters(), "model_weight_file": str(path)})
        run(workflow, picture())
        assert task.get_output(SEGMENTATION).get_class_names() == list(names)
        assert len(task.get_output(SEGMENTATION).get_colors()) == len(names)
        assert not task.get_output(SEGMENTATION).auto_save


def test_a_missing_checkpoint_is_told_through_the_workflow(task_of):
    workflow, _ = task_of(path="/nowhere/schp.pth")
    with pytest.raises(RuntimeError, match=r"(?s)FileNotFoundError.*exp-schp.*model_weight_file"):
        run(workflow, picture())


def test_half_precision_on_the_cpu_is_refused(task_of):
    workflow, _ = task_of(precision="fp16", device="cpu")
    with pytest.raises(RuntimeError, match="precision=fp16 needs CUDA"):
        run(workflow, picture())


@pytest.mark.parametrize("engine", ["auto", "torch"])
def test_without_openvino_pytorch_runs_the_network_and_is_named(task_of, monkeypatch, engine):
    monkeypatch.setitem(sys.modules, "openvino", None)
    openvino_engine._is_usable.cache_clear()
    workflow, task = task_of(engine=engine)
    run(workflow, picture())
    openvino_engine._is_usable.cache_clear()
    assert task.get_output(PEOPLE).data["engine"] == "torch"


def test_openvino_that_is_asked_for_and_missing_is_an_error(task_of, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    workflow, _ = task_of(engine="openvino")
    with pytest.raises(RuntimeError, match=r"(?s)engine=openvino needs.*pip install openvino"):
        run(workflow, picture())


def test_openvino_gives_the_same_labels(task_of, engine):
    pytest.importorskip("openvino", reason="OpenVINO is not installed (pip install openvino)")
    workflow, task = task_of(engine="openvino", flip_test=True)
    run(workflow, picture())
    expected = engine(flip_test=True)(picture(), [whole_picture(80, 100)])
    labels = task.get_output(SEGMENTATION).get_mask()
    assert (labels == expected.labels).mean() > 0.999
    assert len(np.unique(labels)) > 2
    assert task.get_output(PEOPLE).data["engine"] == "openvino"


def test_grey_and_transparent_pictures_are_taken(task_of, engine):
    workflow, task = task_of()
    grey = picture()[..., 0].copy()
    run(workflow, grey)
    expected = engine()(np.repeat(grey[..., None], 3, axis=2), [whole_picture(80, 100)])
    np.testing.assert_array_equal(task.get_output(SEGMENTATION).get_mask(), expected.labels)
    run(workflow, np.dstack([picture(), grey]))
    expected = engine()(picture(), [whole_picture(80, 100)])
    np.testing.assert_array_equal(task.get_output(SEGMENTATION).get_mask(), expected.labels)


def test_a_video_is_parsed_frame_by_frame_and_saved(behind_upstream, tmp_path):
    rate = Fraction(25)
    with VideoSink(tmp_path / "clip.mp4", 100, 80, rate, 1 / rate) as sink:
        for index in range(3):
            sink.write(picture(seed=index), index)
    workflow, task = behind_upstream()
    workflow.set_auto_save(True)
    workflow.set_output_folder(f"{tmp_path / 'saved'}/")
    for index in range(task.get_output_count()):
        task.get_output(index).auto_save = index == MASK
    workflow.run_on(path=str(tmp_path / "clip.mp4"))
    (saved,) = (tmp_path / "saved").rglob(f"{NAME}/*.mp4")
    capture = cv2.VideoCapture(str(saved))
    assert int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) == 3
    assert len(people(task)) == 1


def test_a_capture_of_several_cameras_is_parsed_through_the_task(task_of, tmp_path):
    for index, camera in enumerate(("left", "right")):
        (tmp_path / "images" / camera).mkdir(parents=True)
        bgr = np.ascontiguousarray(picture(seed=index)[..., ::-1])
        cv2.imwrite(str(tmp_path / "images" / camera / "0001.png"), bgr)
    workflow, task = task_of()

    def labels(image):
        run(workflow, image)
        return task.get_output(SEGMENTATION).get_mask()

    for index, frame in enumerate(parse_easyvolcap(tmp_path, labels)):
        expected = person_mask(labels(picture(seed=index)))
        written = cv2.imread(str(frame.mask), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(written, expected)
        assert frame.colours == tmp_path / "schp" / frame.camera / "0001.png"


@pytest.mark.parametrize(
    "bad",
    [
        {"boxes": "yolo"},
        {"enlarge": "0.5"},
        {"input_size": "20"},
        {"detector_score": "2"},
        {"batch": "none"},
        {"flip_test": "perhaps"},
    ],
)
def test_bad_value_leaves_the_old_ones(bad):
    from infer_human_parsing.parameters import InferHumanParsingParam

    parameters = InferHumanParsingParam()
    before = parameters.get_values()
    with pytest.raises(ValueError, match=next(iter(bad))):
        parameters.set_values({**before, "merge": "overwrite", **bad})
    assert parameters.get_values() == before
