"""What the exporters write, read back with other code than theirs."""

import json
import logging
import pickle
import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from infer_smpl_fit.smpl_body.conventions import SMPL_JOINTS
from infer_smpl_fit.smpl_body.loader import load_body
from infer_smpl_fit.smpl_body.model import posed_vertices
from infer_smpl_fit.smpl_export.bvh import euler_angles, write_bvh
from infer_smpl_fit.smpl_export.figures import Figure
from infer_smpl_fit.smpl_export.gltf import write_glb
from infer_smpl_fit.smpl_export.motion import BodyMotion
from infer_smpl_fit.smpl_export.render import SURFACE, contact_sheet
from infer_smpl_fit.smpl_export.research_files import write_aist, write_amass, write_trc
from tests.infer_smpl_fit.bvh_reader import read_bvh
from tests.infer_smpl_fit.glb_reader import Glb
from tests.infer_smpl_fit.procedural_body import procedural_body
from tests.infer_smpl_fit.scenes import Y_UP_TO_Z_UP


@pytest.fixture(scope="module")
def body():
    return load_body(None)


@pytest.fixture(scope="module")
def motion():
    """Whole turns of the root, wide swings of every joint, a shape and a place."""
    rng = np.random.default_rng(8)
    seconds = np.arange(50) / 60
    phases = rng.uniform(0, 2 * np.pi, (24, 3))
    poses = 0.8 * np.sin(2 * np.pi * 1.5 * seconds[:, None, None] + phases)
    poses[:, 0] = seconds[:, None] * np.array([1.0, 8.0, 2.0])
    transl = np.stack([seconds, 1 + 0.2 * np.sin(9 * seconds), -seconds], axis=1)
    return BodyMotion(poses, transl, rng.normal(size=10), 0.97, 60.0)


def test_joint_places_are_those_of_the_regressed_skin(motion):
    """Of a body without correctives: the regressor of the rest pose does not see the bends."""
    plain = procedural_body(correctives=0)
    places = motion.joint_places(plain)
    pelvis = motion.scaling * plain.joints(motion.betas)[0] + motion.transl
    assert np.allclose(places[:, 0], pelvis, atol=1e-12)
    lengths = np.linalg.norm(places[:, 18] - places[:, 16], axis=1)
    rest = plain.joints(motion.betas)
    wanted = motion.scaling * np.linalg.norm(rest[18] - rest[16])
    assert np.allclose(lengths, wanted, atol=1e-12)


def test_unit_and_turn_move_joints_as_they_should(motion, body):
    places = motion.joint_places(body)
    big = replace(motion, transl=motion.transl * 100, scaling=motion.scaling * 100)
    assert np.allclose(big.joint_places(body), places * 100, atol=1e-9)
    assert np.allclose(big.enlarged(1 / 100).joint_places(body), places, atol=1e-12)
    turned = motion.rotated(Y_UP_TO_Z_UP, body).joint_places(body)
    assert np.allclose(turned, places @ Y_UP_TO_Z_UP.T, atol=1e-10)


def test_aist_file_has_its_layout(tmp_path, motion, caplog):
    plain = replace(motion, betas=np.zeros(10), scaling=92.5, transl=motion.transl * 100)
    with caplog.at_level(logging.WARNING):
        path = write_aist(tmp_path / "clip.pkl", plain, loss=1.25)
    assert not caplog.records
    raw = path.read_bytes()
    assert b"numpy._core" not in raw
    data = pickle.loads(raw)
    assert sorted(data) == ["smpl_loss", "smpl_poses", "smpl_scaling", "smpl_trans"]
    assert data["smpl_poses"].shape == (50, 72)
    assert data["smpl_poses"].dtype == np.float32
    assert data["smpl_scaling"].shape == (1, 1)
    assert data["smpl_scaling"][0, 0] == pytest.approx(92.5)
    assert np.allclose(data["smpl_trans"], plain.transl, rtol=1e-6)
    assert np.allclose(data["smpl_poses"].reshape(50, 24, 3), plain.poses, atol=1e-6)
    assert data["smpl_loss"] == 1.25
    write_aist(tmp_path / "clip.pkl", motion)
    assert "no shape" in caplog.text


def test_aist_readers_get_the_same_joints(tmp_path, motion, body):
    """As AIST++'s own loader reads it: trans / scaling, betas 0."""
    plain = replace(motion, betas=np.zeros(10), scaling=92.5, transl=motion.transl * 100)
    data = pickle.loads(write_aist(tmp_path / "clip.pkl", plain).read_bytes())
    transl = data["smpl_trans"] / data["smpl_scaling"]
    read = BodyMotion(data["smpl_poses"].reshape(-1, 24, 3), transl, np.zeros(10))
    assert np.abs(read.joint_places(body) * 92.5 - plain.joint_places(body)).max() < 1e-3


def test_amass_file_has_its_layout(tmp_path, motion, body):
    with np.load(write_amass(tmp_path / "clip.npz", motion, "female"), allow_pickle=False) as data:
        assert data["poses"].shape == (50, 156)
        assert np.array_equal(data["poses"][:, :66].reshape(50, 22, 3), motion.poses[:, :22])
        assert not data["poses"][:, 66:].any()
        assert np.array_equal(data["betas"][:10], motion.betas)
        assert data["betas"].shape == (16,)
        assert str(data["gender"]) == "female"
        assert float(data["mocap_framerate"]) == float(data["mocap_frame_rate"]) == 60.0
        read = BodyMotion(motion.poses, data["trans"], data["betas"][:10])
    assert np.allclose(read.joint_places(body) * 0.97, motion.joint_places(body), atol=1e-12)


def test_amass_keeps_every_joint_of_larger_bodies(tmp_path, motion):
    wide = replace(motion, poses=np.ones((50, 55, 3)))
    with np.load(write_amass(tmp_path / "x.npz", wide, "neutral"), allow_pickle=False) as data:
        assert data["poses"].shape == (50, 165)


@pytest.mark.parametrize("order", ["ZXY", "ZYX"])
@pytest.mark.parametrize(("unit", "factor"), [("cm", 100), ("m", 1), ("mm", 1000)])
def test_bvh_reproduces_the_joints(tmp_path, motion, body, order, unit, factor):
    path = write_bvh(tmp_path / "clip.bvh", motion, body, unit=unit, order=order)
    text = path.read_text()
    names, parents, frame_time, places = read_bvh(text)
    assert sorted(names) == sorted(SMPL_JOINTS)
    assert text.count("End Site") == 5
    assert frame_time == pytest.approx(1 / 60, abs=1e-8)
    chosen = [SMPL_JOINTS.index(name) for name in names]
    for name, parent in zip(names, parents, strict=True):
        wanted = body.parents[SMPL_JOINTS.index(name)]
        assert wanted == (SMPL_JOINTS.index(names[parent]) if parent >= 0 else -1)
    error = np.abs(places / factor - motion.joint_places(body)[:, chosen]).max()
    assert error < (1e-4 if unit != "m" else 1e-5)
    assert f"Z{'rotation X' if order == 'ZXY' else 'rotation Y'}rotation" in text


def test_bvh_angles_have_no_jumps_and_survive_gimbal_lock():
    turns = np.linspace(0, 4 * np.pi, 200)
    poses = np.zeros((200, 1, 3))
    poses[:, 0, 1] = turns
    angles = euler_angles(poses, "ZXY")
    assert np.abs(np.diff(angles, axis=0)).max() < 5
    locked = np.array([[[np.pi / 2, 0, 0]]])
    back = Rotation.from_euler("ZXY", euler_angles(locked, "ZXY")[0, 0], degrees=True)
    assert np.allclose(back.as_matrix(), Rotation.from_rotvec(locked[0, 0]).as_matrix(), atol=1e-9)


def test_bvh_of_larger_bodies_has_the_22_shared_joints(tmp_path):
    small = procedural_body()
    parents = np.concatenate([small.parents[:22], np.full(30, 21)])
    weights = np.pad(small.weights[:, :22], ((0, 0), (0, 30)))
    regressor = np.vstack([small.J_regressor[:22], np.tile(small.J_regressor[21], (30, 1))])
    large = replace(small, parents=parents, weights=weights, J_regressor=regressor)
    still = BodyMotion(np.zeros((1, 52, 3)), np.ones((1, 3)), np.zeros(10))
    names, _, _, places = read_bvh(write_bvh(tmp_path / "h.bvh", still, large).read_text())
    assert len(names) == 22
    chosen = [SMPL_JOINTS.index(name) for name in names]
    assert np.allclose(places[0] / 100, small.rest_joints[chosen] + 1, atol=1e-4)


def test_motions_that_do_not_fit_are_refused(tmp_path, motion, body):
    with pytest.raises(ValueError, match="poses"):
        write_bvh(tmp_path / "a.bvh", replace(motion, poses=motion.poses[:, :22]), body)
    with pytest.raises(ValueError, match="no numbers"):
        write_glb(tmp_path / "a.glb", replace(motion, transl=motion.transl * np.nan), body)
    with pytest.raises(ValueError, match="unit"):
        write_bvh(tmp_path / "a.bvh", motion, body, unit="ft")
    with pytest.raises(ValueError, match="fps"):
        write_trc(tmp_path / "a.trc", replace(motion, fps=0.0), body)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("make", [lambda: load_body(None), lambda: procedural_body(correctives=0)])
def test_glb_moves_as_the_body_does(tmp_path, motion, make):
    model = make()
    glb = Glb(write_glb(tmp_path / "clip.glb", motion, model).read_bytes())
    for frame in (0, 17, 49):
        row = slice(frame, frame + 1)
        wanted = posed_vertices(
            model,
            motion.poses[row],
            betas=motion.betas,
            transl=motion.transl[row],
            scaling=motion.scaling,
        )[0]
        assert np.abs(glb.skinned(frame) - wanted).max() < 2e-5


def test_glb_is_well_formed(tmp_path, motion, body):
    glb = Glb(write_glb(tmp_path / "clip.glb", motion, body).read_bytes())
    attributes = glb.json["meshes"][0]["primitives"][0]["attributes"]
    weights, joints = glb.array(attributes["WEIGHTS_0"]), glb.array(attributes["JOINTS_0"])
    assert np.abs(weights.astype(np.float64).sum(axis=1) - 1).max() < 2e-7 * 4
    assert not joints[weights == 0].any()
    assert joints.max() < 24
    normals = glb.array(attributes["NORMAL"])
    assert np.abs(np.linalg.norm(normals, axis=1) - 1).max() < 1e-5
    nose = body.landmarks["nose"]
    assert normals[nose, 2] > 0.5
    indices = glb.array(glb.json["meshes"][0]["primitives"][0]["indices"])
    assert np.array_equal(indices.reshape(-1, 3), body.faces)
    times = glb.array(glb.json["animations"][0]["samplers"][0]["input"])
    assert np.allclose(times[:, 0], np.arange(50) / 60, atol=1e-6)
    assert [node["name"] for node in glb.json["nodes"]] == [*SMPL_JOINTS, "body"]
    for accessor in glb.json["accessors"]:
        assert accessor["bufferView"] < len(glb.json["bufferViews"])
    for sampler in glb.json["animations"][0]["samplers"][:24]:
        turns = glb.array(sampler["output"])
        assert np.abs(np.linalg.norm(turns, axis=1) - 1).max() < 1e-6
        assert ((turns[1:] * turns[:-1]).sum(axis=1) > 0).all()


VALIDATOR = 'require.resolve("gltf-validator")'
VALIDATE = """
const validator = require("gltf-validator");
const bytes = new Uint8Array(require("fs").readFileSync(process.argv[1]));
validator.validateBytes(bytes).then((report) => console.log(JSON.stringify(report)));
"""


@pytest.mark.parametrize("frames", [1, 50])
def test_glb_passes_khronos_validator(tmp_path, motion, body, frames):
    """It needs node and ``npm install gltf-validator``, whose folder NODE_PATH names."""
    node = shutil.which("node")
    if node is None or subprocess.run([node, "-e", VALIDATOR], capture_output=True).returncode:
        pytest.skip("node finds no gltf-validator: npm install gltf-validator, set NODE_PATH")
    part = replace(motion, poses=motion.poses[:frames], transl=motion.transl[:frames])
    path = write_glb(tmp_path / "clip.glb", part, body)
    done = subprocess.run(
        [node, "-e", VALIDATE, str(path)], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["issues"]["messages"] == []


def test_glb_of_a_single_frame(tmp_path, motion, body):
    one = replace(motion, poses=motion.poses[:1], transl=motion.transl[:1])
    glb = Glb(write_glb(tmp_path / "one.glb", one, body).read_bytes())
    assert len(glb.array(glb.json["animations"][0]["samplers"][0]["input"])) == 1


def test_trc_holds_the_joints(tmp_path, motion, body):
    lines = write_trc(tmp_path / "clip.trc", motion, body).read_text().splitlines()
    assert lines[0].split("\t") == ["PathFileType", "4", "(X/Y/Z)", "clip.trc"]
    settings = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=True))
    assert settings["Units"] == "mm"
    assert (settings["NumFrames"], settings["NumMarkers"]) == ("50", "24")
    assert float(settings["DataRate"]) == 60
    assert re.split(r"\t+", lines[3].strip()) == ["Frame#", "Time", *SMPL_JOINTS]
    assert lines[4].split("\t")[2:5] == ["X1", "Y1", "Z1"]
    assert len(lines[3].split("\t")) == len(lines[4].split("\t")) == len(lines[6].split("\t"))
    rows = np.array([[float(word) for word in line.split("\t")] for line in lines[6:]])
    assert rows.shape == (50, 2 + 72)
    assert np.allclose(rows[:, 1], np.arange(50) / 60, atol=1e-6)
    places = rows[:, 2:].reshape(50, 24, 3) / 1000
    assert np.abs(places - motion.joint_places(body)).max() < 1e-8


def test_contact_sheet_shows_every_moment(motion, body):
    sheet = contact_sheet([Figure(motion, SURFACE)], body, count=7, columns=4, cell=(120, 150))
    assert sheet.shape == (300, 480, 3)
    for number in range(8):
        row, column = divmod(number, 4)
        cell = sheet[row * 150 + 25 : row * 150 + 150, column * 120 : column * 120 + 120]
        drawn = (cell.astype(int) < 235).any(axis=2)
        assert (drawn.sum() > 600) == (number < 7)
        if number < 7:
            assert not drawn[:, [0, -1]].any()
            assert not drawn[-1].any()
    one = replace(motion, poses=motion.poses[:1], transl=motion.transl[:1])
    assert contact_sheet([Figure(one, SURFACE)], body, cell=(120, 150)).shape == (150, 120, 3)


def test_far_from_the_origin_millimetres_are_kept(tmp_path, motion, body):
    """As in UTM: .glb and AIST++'s file, whose coordinates have 32 bits."""
    origin = np.array([448262.0, 35.0, 5411932.0])
    far = replace(motion, transl=motion.transl + origin, betas=np.zeros(10))
    glb = Glb(write_glb(tmp_path / "a.glb", far, body).read_bytes())
    told = np.array(glb.json["scenes"][0]["extras"]["origin"])
    animation = glb.json["animations"][0]
    channel = animation["channels"][24]
    assert channel["target"]["path"] == "translation"
    moved = glb.array(animation["samplers"][channel["sampler"]]["output"]) + told
    np.testing.assert_allclose(moved, far.transl + far.rest_joints(body)[0], atol=1e-4)
    aist = pickle.loads(write_aist(tmp_path / "a.pkl", far).read_bytes())
    np.testing.assert_allclose(aist["smpl_trans"], far.transl, atol=1e-6)
    near = Glb(write_glb(tmp_path / "b.glb", motion, body).read_bytes())
    assert "origin" not in near.json["scenes"][0].get("extras", {})


def test_trc_keeps_the_frames_numbers(tmp_path, motion, body):
    lines = write_trc(tmp_path / "a.trc", replace(motion, first_frame=90), body)
    first = lines.read_text().splitlines()[6].split("\t")
    assert (first[0], float(first[1])) == ("90", 1.5)
