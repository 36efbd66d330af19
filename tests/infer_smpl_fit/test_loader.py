"""Reading body files: safely, whole, and with errors that say what to do."""

import logging
import pickle
import sys
import types

import numpy as np
import pytest
import torch
from scipy import sparse

from infer_smpl_fit.smpl_body.loader import BodyFileError, load_body, to_smplx
from infer_smpl_fit.smpl_body.model import posed_vertices, world_transforms
from infer_smpl_fit.smpl_body.restricted_pickle import RefusedPickleError, load_pickle, to_array
from tests.infer_smpl_fit.procedural_body import procedural_body

ARRAYS = ("v_template", "shapedirs", "posedirs", "J_regressor", "weights", "faces")


@pytest.fixture(scope="module")
def second():
    return procedural_body()


def stored(body):
    """The dictionary of an SMPL file, as its makers write it."""
    parents = body.parents.astype(np.uint32)
    return {
        "v_template": body.v_template,
        "shapedirs": body.shapedirs,
        "posedirs": body.posedirs,
        "J_regressor": body.J_regressor,
        "weights": body.weights,
        "kintree_table": np.stack([parents, np.arange(len(parents), dtype=np.uint32)]),
        "f": body.faces.astype(np.uint32),
        "bs_style": "lbs",
    }


def assert_same(body, other):
    for name in ARRAYS:
        assert np.array_equal(getattr(body, name), getattr(other, name)), name
    assert body.parents.tolist() == other.parents.tolist()


@pytest.fixture
def chumpy(monkeypatch):
    """A stand-in for chumpy whose objects pickle as the real ones do."""
    ch, reordering = types.ModuleType("chumpy.ch"), types.ModuleType("chumpy.reordering")

    class Ch:
        def __init__(self, **state):
            self.__dict__.update(state, _dirty_vars={"x"}, _itr=None)

        def __getstate__(self):
            return self.__dict__

    class Select(Ch):
        pass

    Ch.__module__, Ch.__qualname__ = "chumpy.ch", "Ch"
    Select.__module__, Select.__qualname__ = "chumpy.reordering", "Select"
    ch.Ch, reordering.Select = Ch, Select
    for name, module in (
        ("chumpy", types.ModuleType("chumpy")),
        ("chumpy.ch", ch),
        ("chumpy.reordering", reordering),
    ):
        monkeypatch.setitem(sys.modules, name, module)
    return types.SimpleNamespace(Ch=Ch, Select=Select)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("style", ["plain", "ch", "select"])
def test_pickles_load_to_identical_arrays(tmp_path, chumpy, second, protocol, style, monkeypatch):
    data = stored(second)
    data["J_regressor"] = sparse.csc_matrix(second.J_regressor)
    if style == "ch":
        data["shapedirs"] = chumpy.Ch(x=second.shapedirs)
    if style == "select":
        longer = np.concatenate([second.shapedirs, second.shapedirs[..., ::-1] + 1], axis=2)
        chosen = np.arange(longer.size).reshape(longer.shape)[..., :10].ravel()
        data["shapedirs"] = chumpy.Select(
            a=chumpy.Ch(x=longer), idxs=chosen, preferred_shape=second.shapedirs.shape
        )
    file = tmp_path / "SMPL_NEUTRAL.pkl"
    file.write_bytes(pickle.dumps(data, protocol=protocol))
    for name in ("chumpy", "chumpy.ch", "chumpy.reordering"):
        monkeypatch.delitem(sys.modules, name)
    body = load_body(file)
    assert_same(body, second)
    assert "chumpy" not in sys.modules
    assert (body.gender, body.is_builtin) == ("neutral", False)


def test_python_2_names_are_understood(tmp_path):
    """Protocol 0 as Python 2 wrote it: copy_reg, __builtin__, numpy.core and bytes as text."""
    raw = np.arange(3, dtype="<f8").tobytes().decode("latin1")
    text = raw.encode("unicode_escape").decode("ascii").replace("'", "\\'")
    written = (
        "(dp0\nS'x'\np1\nccopy_reg\n_reconstructor\np2\n(cchumpy.ch\nCh\np3\nc__builtin__\nobject\n"
        "p4\nNtp5\nRp6\n(dp7\nS'x'\np8\ncnumpy.core.multiarray\n_reconstruct\np9\n(cnumpy\nndarray\n"
        "p10\n(I0\ntp11\nS'b'\np12\ntp13\nRp14\n(I1\n(I3\ntp15\ncnumpy\ndtype\np16\n(S'f8'\np17\nI0\n"
        "I1\ntp18\nRp19\n(I3\nS'<'\np20\nNNNI-1\nI-1\nI0\ntp21\nbI00\n"
        f"S'{text}'\np22\ntp23\nbsbs."
    )
    file = tmp_path / "old.pkl"
    file.write_bytes(written.encode("ascii"))
    loaded = load_pickle(file)["x"]
    assert loaded.origin == "chumpy.ch.Ch"
    assert to_array(loaded).tolist() == [0, 1, 2]


class Evil:
    def __init__(self, call, *args):
        self.call, self.args = call, args

    def __reduce__(self):
        return self.call, self.args


def evil_calls():
    import os
    import subprocess

    yield Evil(os.system, "touch {mark}")
    yield Evil(eval, "open('{mark}', 'w')")
    yield Evil(exec, "open('{mark}', 'w')")
    yield Evil(getattr, dict, "fromkeys")
    yield Evil(subprocess.check_output, ["touch", "{mark}"])
    yield Evil(__import__, "os")
    yield Evil(open, "{mark}", "w")
    yield Evil(np.load, "{mark}")
    yield Evil(np.fromfile, "{mark}")
    yield Evil(pickle.loads, b"cos\nsystem\n.")
    yield Evil(torch.load, "{mark}")


@pytest.mark.parametrize("protocol", range(6))
def test_malicious_pickles_are_refused(tmp_path, protocol, second):
    mark = tmp_path / "was_here"
    for number, evil in enumerate(evil_calls()):
        evil.args = tuple(
            arg.replace("{mark}", str(mark)) if isinstance(arg, str) else arg for arg in evil.args
        )
        file = tmp_path / f"SMPL_{number}.pkl"
        file.write_bytes(pickle.dumps({"v_template": evil}, protocol=protocol))
        with pytest.raises(RefusedPickleError):
            load_pickle(file)
        with pytest.raises(BodyFileError, match="for safety"):
            load_body(file)
        assert not mark.exists()


@pytest.mark.parametrize(
    "written",
    [
        b"\x80\x04\x8c\x05numpy\x8c\x0dndarray.dumps\x93.",
        b"\x80\x04\x8c\x06chumpy\x8c\x0bch.os.system\x93.",
        b"cchumpy.ch\n__import__('os')\n.",
        b"cscipy.sparse\n_compressed\n.",
        b"Psomewhere\n.",
        b"\x80\x02\x82\x01.",
        b"(S'touch x'\nios\nsystem\n.",
    ],
)
def test_handwritten_tricks_are_refused(tmp_path, written):
    file = tmp_path / "trick.pkl"
    file.write_bytes(written)
    with pytest.raises((RefusedPickleError, ValueError)):
        load_pickle(file)
    with pytest.raises(BodyFileError):
        load_body(file)


@pytest.mark.parametrize(
    "array",
    [
        np.array([(1, None)], dtype=[("a", "i4"), ("b", object)]),
        np.arange(3).view(np.recarray),
        np.array(["2020-01-01"], dtype="M8[D]"),
    ],
)
def test_dtypes_with_parts_are_refused(tmp_path, array):
    """numpy's own unpickling follows pointers that a forged dtype takes from the file."""
    file = tmp_path / "forged.pkl"
    file.write_bytes(pickle.dumps({"x": array}, protocol=2))
    with pytest.raises(RefusedPickleError):
        load_pickle(file)


@pytest.mark.parametrize("protocol", range(6))
def test_arrays_of_all_kinds_survive(tmp_path, protocol):
    arrays = {
        "fortran": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
        "big_endian": np.arange(5, dtype=">i4"),
        "flags": np.array([True, False]),
        "empty": np.zeros((0, 3), np.float32),
        "number": np.float32(2.5),
        "zero_d": np.array(7, np.uint8),
    }
    file = tmp_path / "all.pkl"
    file.write_bytes(pickle.dumps(arrays, protocol=protocol))
    read = load_pickle(file)
    for name, array in arrays.items():
        back = to_array(read[name])
        assert back.shape == np.shape(array)
        assert back.dtype == array.dtype
        assert np.array_equal(back, array), name


def test_damaged_pickles_never_get_through(tmp_path, second):
    """Whatever a flipped byte does, the answer is a body or a BodyFileError."""
    rng = np.random.default_rng(0)
    small = {key: value for key, value in stored(second).items() if key in ("f", "bs_style")}
    small["shapedirs"] = sparse.csc_matrix(np.eye(4))
    clean = pickle.dumps(small, protocol=2)
    file = tmp_path / "SMPL_NEUTRAL.pkl"
    for place in rng.integers(0, 400, 200):
        broken = bytearray(clean)
        broken[place] = rng.integers(0, 256)
        file.write_bytes(broken)
        with pytest.raises(BodyFileError):
            load_body(file)


def test_object_arrays_are_no_numbers(tmp_path, second):
    file = tmp_path / "SMPL_NEUTRAL.pkl"
    file.write_bytes(pickle.dumps(stored(second) | {"v_template": np.array([[None] * 3])}))
    with pytest.raises(BodyFileError, match="v_template"):
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
    vertices = posed_vertices(body, poses, betas, transl)
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


def test_buffers_outside_the_file_are_not_followed(tmp_path):
    """Protocol 5 can refer to them."""
    buffers = []
    written = pickle.dumps({"x": np.arange(3.0)}, protocol=5, buffer_callback=buffers.append)
    assert buffers
    file = tmp_path / "five.pkl"
    file.write_bytes(written)
    with pytest.raises(ValueError, match="not a readable pickle"):
        load_pickle(file)
