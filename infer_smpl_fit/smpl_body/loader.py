"""Load a body: the built-in one or the user's SMPL, SMPL-H or SMPL-X file."""

from __future__ import annotations

import contextlib
import io
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..infer_smpl_fit_kit import array_files
from .builtin import builtin_body
from .model import BodyModel
from .restricted_pickle import load_pickle, to_array

if TYPE_CHECKING:
    import smplx

log = logging.getLogger(__name__)

KINDS = {24: "SMPL", 52: "SMPL-H", 55: "SMPL-X"}
GENDERS = ("neutral", "male", "female")
# The arrays that make a body, and how many dimensions each has.
NEEDED = {
    "v_template": 2,
    "shapedirs": 3,
    "posedirs": 3,
    "J_regressor": 2,
    "weights": 2,
    "kintree_table": 2,
    "f": 2,
}
# Metres, and numbers of vertices.
MOST = 1e6
SITES = "https://smpl.is.tue.mpg.de, https://mano.is.tue.mpg.de or https://smpl-x.is.tue.mpg.de"
WITHOUT = "Leave the path empty to use the built-in body, which needs no file."
SOURCES = f"The files are free for research after a registration at {SITES}. {WITHOUT}"

# smplx.vertex_ids: of "smplh", which hold for SMPL as well, and of "smplx".
_LANDMARKS = {
    "nose": (332, 9120),
    "left_eye": (2800, 9448),
    "right_eye": (6260, 9929),
    "left_ear": (583, 6),
    "right_ear": (4071, 616),
    "left_big_toe": (3216, 5770),
    "left_small_toe": (3226, 5780),
    "left_heel": (3387, 8846),
    "right_big_toe": (6617, 8463),
    "right_small_toe": (6624, 8474),
    "right_heel": (6787, 8635),
}
SMPL_LANDMARKS = {name: vertex for name, (vertex, _) in _LANDMARKS.items()}
SMPLX_LANDMARKS = {name: vertex for name, (_, vertex) in _LANDMARKS.items()}


class BodyFileError(ValueError):
    """A body file that cannot be used, with the reason and the way out."""


def load_body(path: str | Path | None, gender: str = "neutral", *, shapes: int = 10) -> BodyModel:
    """Load a body.

    Args:
        path: An SMPL, SMPL-H or SMPL-X file (.pkl, .npz), or a folder with one; None or an empty
            text is the built-in body, which is neutral only.
        gender: neutral, male or female: which file of a folder; a file that is plainly of another
            gender is used with a warning.
        shapes: At most so many shape components are kept.

    Returns:
        The body, with all its joints (24, 52 or 55; the first 22 are the same in all).

    Raises:
        FileNotFoundError: There is no such file, or no body in the folder.
        BodyFileError: The file is something else than a body model.
    """
    if gender not in GENDERS:
        raise ValueError(f"gender is {gender!r}; accepted: {', '.join(GENDERS)}")
    if path is None or not str(path):
        if gender != "neutral":
            log.warning("The built-in body is neutral; the gender %s is not used.", gender)
        return builtin_body()
    file = find_file(Path(path).expanduser(), gender)
    data = read_arrays(file)
    stated = gender_of(file, data)
    if stated is not None and stated != gender:
        log.warning("%s is the %s body, but the gender is set to %s.", file, stated, gender)
    return make_body(file, data, gender=stated or gender, shapes=shapes)


def accepted_names(gender: str) -> list[str]:
    """File names of a gender that a folder is searched for, the preferred first."""
    letter = {"male": "m", "female": "f", "neutral": "neutral"}[gender]
    basic = [f"basicmodel_{letter}_lbs_10_207_0_v1.{minor}.0.pkl" for minor in (1, 0)]
    plain = [
        f"{kind}_{gender.upper()}.{ending}"
        for kind in ("SMPL", "SMPLH", "SMPLX")
        for ending in ("pkl", "npz")
    ]
    return plain[:2] + basic + plain[2:] + [f"{gender}/model.npz"]


def find_file(path: Path, gender: str) -> Path:
    """The file itself, or the first accepted name in a folder or in the two levels below it."""
    if path.is_file():
        return path
    names = accepted_names(gender)
    if not path.exists():
        raise FileNotFoundError(
            f"There is no body model at {path}. It can be a file or a folder that holds one of: "
            f"{', '.join(names)}. {SOURCES}"
        )
    files = [*path.glob("*"), *path.glob("*/*"), *path.glob("*/*/*")]
    by_name = {file.relative_to(path).as_posix().lower(): file for file in sorted(files)}
    for name in names:
        ending = f"/{name.lower()}"
        for relative, file in by_name.items():
            if f"/{relative}".endswith(ending) and file.is_file():
                return file
    raise FileNotFoundError(
        f"The folder {path} holds no {gender} body model. Looked for: {', '.join(names)}. {SOURCES}"
    )


def read_arrays(file: Path) -> dict[str, Any]:
    """What the file holds of NEEDED (not converted yet), and its gender if it says."""
    with file.open("rb") as opened:
        head = opened.read(512)
    explain_wrong_file(file, head)
    try:
        if not head.startswith(b"PK"):
            return load_pickle(file)
        # Official files hold some objects that nobody needs: they are not touched.
        arrays = array_files.read_arrays(file, (*NEEDED, "gender"))
        if "v_template" not in arrays:
            raise ValueError(f"{file} is an archive without a body: unpack the download first")
        return arrays
    except ValueError as error:
        raise BodyFileError(f"{error}. {WITHOUT}") from error


def explain_wrong_file(file: Path, head: bytes) -> None:
    """Raise BodyFileError for the things that get saved under a model's name by mistake."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        raise BodyFileError(f"{file} is empty: download it again. {WITHOUT}")
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise BodyFileError(
            f"{file} is a web page, probably the login page of the download site: log in at "
            f"{SITES}, and download it again. {WITHOUT}"
        )
    if start.startswith(b"version https://git-lfs"):
        raise BodyFileError(
            f"{file} is a git-lfs pointer, not the model: run 'git lfs pull'. {WITHOUT}"
        )


def gender_of(file: Path, data: dict[str, Any]) -> str | None:
    """The gender that the file says, or its name; None where neither does."""
    stated = str(data.get("gender", "")).lower()
    if stated in GENDERS:
        return stated
    places = [file.stem.lower()]
    if places[0] == "model":
        places.append(file.parent.name.lower())
    marks = {"female": "female", "f": "female", "male": "male", "m": "male", "neutral": "neutral"}
    words = (word for place in places for word in sorted(re.split(r"[^a-z]+", place)))
    return next((marks[word] for word in words if word in marks), None)


def make_body(file: Path, data: dict[str, Any], *, gender: str, shapes: int) -> BodyModel:
    """Check the arrays against one another and put them together."""
    missing = [key for key in NEEDED if key not in data]
    if missing:
        raise BodyFileError(f"{file} is no body model: {', '.join(missing)} missing. {WITHOUT}")
    arrays = {}
    for key in NEEDED:
        try:
            arrays[key] = to_array(data[key])
        except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise BodyFileError(f"{key} of {file} cannot be read: {error}. {WITHOUT}") from error
    landmarks = check_shapes(file, arrays)
    # The files write the root's parent as 2^32 - 1.
    parents = arrays.pop("kintree_table")[0].astype(np.int64)
    parents[0] = -1
    if (parents[1:] < 0).any() or (parents >= np.arange(len(parents))).any():
        raise BodyFileError(f"kintree_table of {file} is not a tree with parents first")
    faces = arrays.pop("f").astype(np.int64)
    arrays["shapedirs"] = arrays["shapedirs"][:, :, :shapes]
    return BodyModel(
        name=f"{KINDS[len(parents)]} {gender} ({file.name})",
        gender=gender,
        is_builtin=False,
        parents=parents,
        faces=faces,
        landmarks=landmarks,
        **{key: array.astype(np.float64) for key, array in arrays.items()},
    )


def check_shapes(file: Path, arrays: dict[str, np.ndarray]) -> dict[str, int]:
    """The kind's landmarks; BodyFileError where shapes do not fit, or the kind is unknown."""
    for key, dimensions in NEEDED.items():
        array = arrays[key]
        if array.ndim != dimensions or not array.size:
            raise BodyFileError(
                f"{key} of {file} is {array.shape}; expected {dimensions} dimensions"
            )
    count = len(arrays["v_template"])
    joints = arrays["weights"].shape[-1]
    if joints not in KINDS:
        known = ", ".join(f"{number} ({kind})" for number, kind in KINDS.items())
        raise BodyFileError(f"{file} has {joints} joints; known: {known}. {WITHOUT}")
    expected = {
        "v_template": (count, 3),
        "weights": (count, joints),
        "J_regressor": (joints, count),
        "posedirs": (count, 3, 9 * (joints - 1)),
        "kintree_table": (2, joints),
        "shapedirs": (count, 3, arrays["shapedirs"].shape[-1]),
        "f": (len(arrays["f"]), 3),
    }
    for key, shape in expected.items():
        if arrays[key].shape != shape:
            raise BodyFileError(f"{key} of {file} is {arrays[key].shape}; expected {shape}")
    landmarks = SMPLX_LANDMARKS if joints == 55 else SMPL_LANDMARKS
    if count <= max(landmarks.values()):
        raise BodyFileError(f"{file} has only {count} vertices: not {KINDS[joints]}'s layout")
    check_values(file, arrays)
    if arrays["f"].min() < 0 or arrays["f"].max() >= count:
        raise BodyFileError(f"f of {file} names vertices that do not exist")
    return dict(landmarks)


def check_values(file: Path, arrays: dict[str, np.ndarray]) -> None:
    """Raise BodyFileError where numbers are none, or none that a body of metres can have."""
    for key, array in arrays.items():
        with np.errstate(invalid="ignore"):
            # Root joints have 2^32 - 1 for a parent.
            is_usable = key == "kintree_table" or bool((np.abs(array) < MOST).all())
        if not is_usable or not np.isfinite(array).all():
            raise BodyFileError(
                f"{key} of {file} holds values that no body has (NaN, infinite or huge): download "
                f"it again. {WITHOUT}"
            )
    loose = np.abs(arrays["weights"].sum(axis=1) - 1) > 0.1
    if loose.any():
        raise BodyFileError(
            f"weights of {file}: {loose.sum()} vertices hang on no bone, or on several: "
            f"download it again. {WITHOUT}"
        )


def to_smplx(
    model: BodyModel,
    batch_size: int = 1,
    dtype: Any = None,
    *,
    vertex_ids: dict[str, int] | None = None,
) -> smplx.SMPL:
    """The same body as a torch module of the package smplx, which opens no file here.

    smplx keeps at most 10 shape components, and swallows its argument `scaling`.

    Args:
        model: A body of 24 joints.
        dtype: Of torch; float32 by default.
        vertex_ids: By smplx's names, the vertices that it puts after its 24 joints: face and feet;
            by default SMPL's own, and finger tips besides.

    Raises:
        ValueError: The body has another number of joints.
    """
    import smplx
    import torch
    from smplx.utils import Struct

    if model.joint_count != 24:
        raise ValueError(f"smplx.SMPL has 24 joints; {model.name} has {model.joint_count}")
    names = ("v_template", "shapedirs", "posedirs", "J_regressor", "weights")
    data = Struct(
        **{name: getattr(model, name) for name in names},
        kintree_table=np.stack([model.parents, np.arange(len(model.parents))]),
        f=model.faces,
    )
    # It prints a warning that has nothing to say to the user.
    with contextlib.redirect_stdout(io.StringIO()):
        return smplx.SMPL(
            model_path="",
            data_struct=data,
            gender=model.gender,
            batch_size=batch_size,
            dtype=dtype or torch.float32,
            vertex_ids=vertex_ids,
            use_hands=vertex_ids is None,
        )
