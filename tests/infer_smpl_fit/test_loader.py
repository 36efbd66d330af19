"""Reading body files: safely, whole, and with errors that say what to do."""

import logging
import pickle

import numpy as np
import pytest
import torch

from infer_smpl_fit.smpl_body.loader import BodyFileError, load_body, to_smplx
from infer_smpl_fit.smpl_body.model import posed_vertices, world_transforms
from tests.infer_smpl_fit.procedural_body import procedural_body, stored


@pytest.fixture(scope="module")
def second():
    return procedural_body()


def test_object_arrays_are_no_numbers(tmp_path, second):
    file = tmp_path / "SMPL_NEUTRAL.pkl"
    file.write_bytes(pickle.dumps(stored(second) | {"v_template": np.array([[None] * 3])}))
    with pytest.raises(BodyFileError, match="v_template"):
        load_body(file)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("v_template", np.nan, "v_template of .*SMPL_NEUTRAL.npz holds values that no body has"),
        ("weights", np.inf, "weights of .*SMPL_NEUTRAL.npz holds values that no body has"),
        ("shapedirs", 1e30, "shapedirs of .*SMPL_NEUTRAL.npz holds values that no body has"),
        ("weights", 0.0, "weights of .*SMPL_NEUTRAL.npz: 6890 vertices hang on no bone"),
    ],
)
def test_values_that_no_body_has_are_refused(tmp_path, second, key, value, text):
    data = stored(second)
    file = tmp_path / "SMPL_NEUTRAL.npz"
    np.savez(file, **data | {key: np.full_like(data[key], value, np.float64)})
    with pytest.raises(BodyFileError, match=text):
        load_body(file)


@pytest.mark.parametrize(("joints", "kind"), [(24, "SMPL"), (52, "SMPL-H"), (55, "SMPL-X")])
def test_kind_follows_the_joint_count(tmp_path, joints, kind):
    count = 10475 if joints == 55 else 6890
    rng = np.random.default_rng(0)
    parents = np.arange(-1, joints - 1)
    parents[0] = 2**32 - 1
    data = {
        "v_template": rng.normal(size=(count, 3)).astype(np.float32),
        "shapedirs": rng.normal(size=(count, 3, 16)).astype(np.float32),
        "posedirs": np.zeros((count, 3, 9 * (joints - 1)), np.float32),
        "J_regressor": np.zeros((joints, count)),
        "weights": np.full((count, joints), 1 / joints),
        "kintree_table": np.stack([parents, np.arange(joints)]),
        "f": np.zeros((4, 3), np.uint32),
        "part2num": np.array({"head": 1}, dtype=object),
    }
    file = tmp_path / "model_male.npz"
    np.savez(file, **data)
    body = load_body(file, "male")
    assert body.joint_count == joints
    assert body.name.startswith(f"{kind} male")
    assert body.parents[0] == -1
    assert body.beta_count == 10
    assert load_body(file, "male", shapes=16).beta_count == 16
    assert body.landmarks["nose"] == (9120 if joints == 55 else 332)
    assert body.v_template.dtype == np.float64


def test_landmarks_are_those_of_smplx():
    from smplx.vertex_ids import vertex_ids

    from infer_smpl_fit.smpl_body.loader import SMPL_LANDMARKS, SMPLX_LANDMARKS

    names = {"nose": "nose"}
    for side, short in (("left", "l"), ("right", "r")):
        names |= {f"{side}_{part}": f"{short}{part}" for part in ("eye", "ear")}
        for part, theirs in (("big_toe", "BigToe"), ("small_toe", "SmallToe"), ("heel", "Heel")):
            names[f"{side}_{part}"] = f"{short.upper()}{theirs}"
    for ours, theirs in ((SMPL_LANDMARKS, "smplh"), (SMPLX_LANDMARKS, "smplx")):
        assert ours == {name: vertex_ids[theirs][key] for name, key in names.items()}


def test_folders_are_searched_by_gender(tmp_path, second, caplog):
    data = stored(second)
    deep = tmp_path / "models" / "smpl"
    deep.mkdir(parents=True)
    np.savez(deep / "SMPL_MALE.npz", **data)
    (deep / "basicModel_f_lbs_10_207_0_v1.0.0.pkl").write_bytes(pickle.dumps(data))
    with caplog.at_level(logging.WARNING):
        assert load_body(tmp_path, "male").gender == "male"
        assert load_body(str(tmp_path), "female").gender == "female"
    assert not caplog.records
    with pytest.raises(FileNotFoundError, match=r"neutral body model.*SMPL_NEUTRAL.pkl.*built-in"):
        load_body(tmp_path)


def test_gender_that_differs_is_warned_of(tmp_path, second, caplog):
    file = tmp_path / "SMPL_FEMALE.npz"
    np.savez(file, **stored(second))
    with caplog.at_level(logging.WARNING):
        body = load_body(file, "male")
    assert body.gender == "female"
    assert "female" in caplog.text
    assert "male" in caplog.text
    caplog.clear()
    np.savez(tmp_path / "mine.npz", gender="male", **stored(second))
    assert load_body(tmp_path / "mine.npz", "male").gender == "male"
    assert not caplog.records
    load_body(None, "female")
    assert "neutral" in caplog.text
    with pytest.raises(ValueError, match="accepted: neutral, male, female"):
        load_body(None, "other")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\n <!DOCTYPE html><html><head><title>Login</title>", "log in"),
        (b"<html lang='en'>", "log in"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00", "git lfs pull"),
        (b"PK\x03\x04 broken", "damaged"),
        (b"not a pickle at all", "not a readable pickle"),
        (pickle.dumps([1, 2]), "list"),
        (pickle.dumps({"v_template": [[0.0, 0, 0]]}), "shapedirs"),
    ],
)
def test_wrong_files_are_explained(tmp_path, content, reason):
    file = tmp_path / "SMPL_NEUTRAL.pkl"
    file.write_bytes(content)
    with pytest.raises(BodyFileError, match=reason) as caught:
        load_body(file)
    assert str(file) in str(caught.value)
    assert "built-in" in str(caught.value)


def test_other_archives_and_missing_files_are_explained(tmp_path):
    np.savez(tmp_path / "other.npz", a=1)
    with pytest.raises(BodyFileError, match="unpack"):
        load_body(tmp_path / "other.npz")
    with pytest.raises(FileNotFoundError) as caught:
        load_body(tmp_path / "nowhere.pkl", "male")
    text = str(caught.value)
    for needed in ("nowhere.pkl", "SMPL_MALE.pkl", "SMPLX_MALE.npz", "smpl.is.tue", "built-in"):
        assert needed in text


@pytest.mark.parametrize(
    ("key", "change", "reason"),
    [
        ("posedirs", lambda a: a[..., :9], "expected"),
        ("J_regressor", lambda a: a[:, :-1], "expected"),
        ("weights", lambda a: a[:, :20], "20 joints"),
        ("f", lambda a: a + 10_000, "do not exist"),
        ("kintree_table", lambda a: a[:, ::-1], "tree"),
    ],
)
def test_arrays_that_do_not_fit_are_explained(tmp_path, second, key, change, reason):
    data = stored(second)
    data[key] = change(data[key])
    np.savez(tmp_path / "SMPL_NEUTRAL.npz", **data)
    with pytest.raises(BodyFileError, match=reason):
        load_body(tmp_path / "SMPL_NEUTRAL.npz")


@pytest.mark.parametrize("make", [lambda: load_body(None), procedural_body])
def test_smplx_agrees_with_our_forward_pass(make, capsys):
    body = make()
    module = to_smplx(body, batch_size=4)
    assert capsys.readouterr().out == ""
    rng = np.random.default_rng(4)
    poses = rng.normal(size=(4, 24, 3)) * 0.6
    betas, transl = rng.normal(size=10), rng.normal(size=(4, 3))

    def tensor(array):
        return torch.tensor(np.asarray(array), dtype=torch.float32)

    with torch.no_grad():
        out = module(
            betas=tensor(np.tile(betas, (4, 1))),
            global_orient=tensor(poses[:, 0]),
            body_pose=tensor(poses[:, 1:].reshape(4, -1)),
            transl=tensor(transl),
        )
    vertices = posed_vertices(body, poses, betas=betas, transl=transl)
    assert np.abs(out.vertices.numpy() - vertices).max() < 1e-5
    from scipy.spatial.transform import Rotation

    rotations = Rotation.from_rotvec(poses.reshape(-1, 3)).as_matrix().reshape(4, 24, 3, 3)
    _, places = world_transforms(rotations, body.joints(betas), body.parents)
    joints = out.joints.numpy()
    assert np.abs(joints[:, :24] - (places + transl[:, None])).max() < 1e-5
    order = ("nose", "right_eye", "left_eye", "right_ear", "left_ear", "left_big_toe")
    marks = vertices[:, [body.landmarks[name] for name in order]]
    assert np.abs(joints[:, 24:30] - marks).max() < 1e-5


def test_smplx_needs_24_joints(second):
    from dataclasses import replace

    with pytest.raises(ValueError, match="24 joints"):
        to_smplx(replace(second, parents=np.arange(-1, 51)))
