"""RTMPose and RTMO as small networks of their inputs and outputs, OpenPose as a script."""

import stat
import sys

import numpy as np
import pytest

from development.synthetic.people import place, room
from infer_people.people_finding import FinderOptions, PeopleFinder
from infer_people.people_finding.joints import HALPE26
from infer_people.people_finding.openpose import OpenPose
from infer_people.people_finding.rtmpose import PUBLISHED, Rtmo, RtmPose, rtmpose_file
from plugin_kit.keypoints.skeletons import SKELETONS

onnx = pytest.importorskip("onnx")
HEIGHT, WIDTH = 256, 192
ON_CPU = {"device": "cpu", "threads": 1}


def write_network(path, shape, outputs):
    """An ONNX file with a float input of this shape, whose outputs depend on it.

    Args:
        outputs: Name → (constant array, its multiple of the input's mean is added).
    """
    helper, float_ = onnx.helper, onnx.TensorProto.FLOAT
    nodes = [helper.make_node("ReduceMean", ["input"], ["mean"], keepdims=0)]
    weights = []
    for name, (values, share) in outputs.items():
        for key, array in ((f"{name}_at", values), (f"{name}_share", np.array(share))):
            weights.append(onnx.numpy_helper.from_array(array.astype(np.float32), key))
        nodes.append(helper.make_node("Mul", ["mean", f"{name}_share"], [f"{name}_part"]))
        nodes.append(helper.make_node("Add", [f"{name}_at", f"{name}_part"], [name]))
    graph = helper.make_graph(
        nodes,
        "stand-in",
        [helper.make_tensor_value_info("input", float_, shape)],
        [helper.make_tensor_value_info(n, float_, list(v.shape)) for n, (v, _) in outputs.items()],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(path))
    return path


def simcc(places):
    """Curves (1, J, width * 2) and (1, J, height * 2) that peak at pixels (J, 2)."""
    x = np.zeros((1, len(places), WIDTH * 2))
    y = np.zeros((1, len(places), HEIGHT * 2))
    for joint, (column, row) in enumerate(places):
        x[0, joint, round(column * 2)] = 0.9
        y[0, joint, round(row * 2)] = 0.7
    return x, y


def rtmpose(path, places):
    x, y = simcc(places)
    return write_network(
        path, ["n", 3, HEIGHT, WIDTH], {"simcc_x": (x, 1e-9), "simcc_y": (y, 1e-9)}
    )


def spread(count):
    return np.stack([np.linspace(20, 170, count), np.linspace(30.5, 220, count)], axis=1)


@pytest.mark.parametrize("count", [17, 26])
def test_rtmpose_finds_its_places_in_the_picture(tmp_path, count):
    places = spread(count)
    network = RtmPose(rtmpose(tmp_path / "pose.onnx", places), **ON_CPU)
    # 150 by 200 is the network's shape; 1.25 as wide it is 187.5 by 250.
    found = network(room(400, 600), [np.array([200, 100, 350, 300])])[0]
    assert found.shape == (count, 3) and np.allclose(found[:, 2], 0.7, atol=1e-5)
    scale = 250 / HEIGHT
    expected = (places - (WIDTH / 2, HEIGHT / 2)) * scale + (275, 200)
    assert np.abs(found[:, :2] - expected).max() < 1.5


def test_a_mirrored_look_swaps_sides_and_puts_them_back(tmp_path):
    joints = SKELETONS["coco17"]
    half = (WIDTH - 1) / 2
    # A figure that is its own mirror image.
    side = np.array([-1 if n.startswith("left") else n.startswith("right") for n in joints.joints])
    places = np.stack([half + 30 * side, np.linspace(20, 230, 17)], axis=1)
    for left, right in enumerate(joints.mirrored):
        places[right, 1] = places[left, 1]
    places = np.round(places * 2) / 2
    path = rtmpose(tmp_path / "pose.onnx", places)
    box = np.array([200, 100, 350, 300])
    plain, twice = (RtmPose(path, flip=flip, **ON_CPU)(room(400, 600), [box])[0] for flip in (0, 1))
    assert np.abs(plain - twice).max() < 1e-3


def test_rtmpose_with_feet_in_the_whole_search(tmp_path):
    path = rtmpose(tmp_path / "feet.onnx", spread(26))
    options = FinderOptions(
        backend="rtmpose",
        keypoint_file=str(path),
        skeleton="body25",
        masks=False,
        # This network is sure of everything.
        score=0.6,
        **ON_CPU,
    )
    picture = room(720, 1280)
    place(picture, 500, 690, 480)
    finder = PeopleFinder(options)
    assert [len(finder(picture)) for _ in range(4)] == [1, 1, 1, 1]
    people = finder(picture)
    found = dict(zip(SKELETONS["body25"].joints, people.keypoints[0], strict=True))
    assert all(found[name][2] > 0.5 for name in HALPE26 if name in found)
    # Found, and not halfway between the hips.
    hips = (found["left_hip"] + found["right_hip"]) / 2
    assert np.linalg.norm(found["mid_hip"][:2] - hips[:2]) > 5


def test_rtmo_finds_people_by_itself(tmp_path):
    points = np.concatenate([spread(17) + np.array([100, 50]), np.full((17, 1), 0.8)], axis=1)
    boxes = np.array([[[110, 70, 280, 280, 0.9], [0, 0, 9, 9, 0.01]]])
    path = write_network(
        tmp_path / "rtmo.onnx",
        ["n", 3, 640, 640],
        {"dets": (boxes, 0), "keypoints": (np.stack([points, points])[None], 0)},
    )
    found = Rtmo(path, **ON_CPU)(room(640, 1280), 5)
    assert len(found) == 1 and found[0].score == pytest.approx(0.9)
    expected = (points[:, :2] + 0.5) * 2 - 0.5
    assert np.abs(found[0].keypoints[:, :2] - expected).max() < 1e-3
    options = FinderOptions(backend="rtmpose", keypoint_file=str(path), masks=False, **ON_CPU)
    finder = PeopleFinder(options)
    assert [finder(room(640, 1280)).identities.tolist() for _ in range(2)] == [[0], [0]]
    assert len(finder(room(640, 1280), boxes=np.array([[900, 0, 1000, 90]]))) == 0


def test_other_networks_are_refused(tmp_path):
    one = {"output": (np.zeros((1, 17)), 0)}
    for outputs, shape, message in (
        (one, ["n", 3, 64, 64], "neither RTMPose"),
        (dict.fromkeys(("simcc_x", "simcc_y"), one["output"]), ["n", 3, "h", "w"], "fixed height"),
        (
            {"simcc_x": (np.zeros((1, 133, 9)), 0), "simcc_y": (np.zeros((1, 133, 9)), 0)},
            ["n", 3, 64, 64],
            "133 keypoints",
        ),
    ):
        path = write_network(tmp_path / "other.onnx", shape, outputs)
        options = FinderOptions(backend="rtmpose", keypoint_file=str(path), masks=False, **ON_CPU)
        with pytest.raises(ValueError, match=message):
            PeopleFinder(options)(room(64, 64), boxes=np.array([[0, 0, 60, 60]]))


def test_a_network_that_is_not_published_or_cannot_be_had(monkeypatch, tmp_path):
    with pytest.raises(ValueError, match="rtmpose-m, "):
        rtmpose_file("rtmpose-huge")
    monkeypatch.setenv("INFER_PEOPLE_CACHE", str(tmp_path))
    monkeypatch.setattr("infer_people.people_finding.rtmpose.SITE", "file:///nowhere")
    with pytest.raises(RuntimeError, match="model_weight_file"):
        rtmpose_file("rtmpose-m")
    assert all(published.path.endswith(".zip") for published in PUBLISHED.values())


PROGRAM = """#!{python}
import json, pathlib, sys
asked = dict(zip(sys.argv[1::2], sys.argv[2::2]))
out = pathlib.Path(asked["--write_json"])
out.mkdir()
pictures = sorted(pathlib.Path(asked["--image_dir"]).iterdir())
assert [p.suffix for p in pictures] == [".png"] and asked["--model_pose"] == "BODY_25", asked
pathlib.Path({told!r}).write_text(json.dumps(asked))
people = [{{"pose_keypoints_2d": row}} for row in json.loads({people!r})]
(out / "picture_keypoints.json").write_text(json.dumps({{"version": 1.3, "people": people}}))
"""


def openpose(tmp_path, text):
    folder = tmp_path / "a folder; with 'odd' letters"
    folder.mkdir(exist_ok=True)
    program = folder / "openpose.bin"
    program.write_text(text)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a shebang")
def test_openpose_is_run_and_read(tmp_path):
    import json

    body = np.zeros((25, 3))
    body[:, 0], body[:, 1] = np.linspace(100, 200, 25), np.linspace(40, 400, 25)
    body[:, 2] = 0.8
    body[4] = 0
    told = tmp_path / "told.json"
    text = PROGRAM.format(
        python=sys.executable, told=str(told), people=json.dumps([body.ravel().tolist()])
    )
    program = openpose(tmp_path, text)
    options = FinderOptions(
        backend="openpose", openpose_program=program, openpose_models=str(tmp_path),
        skeleton="body25", masks=False, input_size=650, **ON_CPU,
    )  # fmt: skip
    people = PeopleFinder(options)(room(480, 640))
    assert len(people) == 1
    assert np.allclose(people.keypoints[0], body, atol=1e-3)
    asked = json.loads(told.read_text())
    assert asked["--net_resolution"] == "656x-1" and asked["--model_folder"] == f"{tmp_path}/"
    assert PeopleFinder(options)(room(640, 480)).identities.tolist() == [0]
    assert json.loads(told.read_text())["--net_resolution"] == "-1x656"


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a shebang")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#!/bin/sh\necho no GPU >&2\nexit 3\n", "ended with 3: no GPU"),
        ("#!/bin/sh\nexit 0\n", "wrote no keypoints"),
        ("#!/bin/sh\nmkdir out\necho '{\"people\": [{}]}' > out/a_keypoints.json\n", "BODY_25"),
    ],
)
def test_what_openpose_does_wrong_is_told(tmp_path, text, message):
    with pytest.raises(RuntimeError, match=message):
        OpenPose(openpose(tmp_path, text), "", 512)(room(48, 64), 5)


def test_openpose_that_is_not_there():
    with pytest.raises(FileNotFoundError, match="openpose_path"):
        PeopleFinder(FinderOptions(backend="openpose", openpose_program="no-such-openpose"))
