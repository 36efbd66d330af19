"""An installed OpenPose, run as a program of its own on one picture after another."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from .detection import Detection, distinct, within
from .joints import from_body25

JOINTS = 25
# A picture is given up after so many seconds.
PATIENCE = 600
REMEDY = "give the path of OpenPose's program in the parameter openpose_path"


class OpenPose:
    """Run OpenPose's BODY_25 on a picture and read the JSON that it writes.

    Args:
        program: Its name on the PATH, or its path.
        models: Its folder of models; empty: as it finds them itself.
        input_size: Long side of what its network sees, pixels; a multiple of 16 is taken.

    Raises:
        FileNotFoundError: There is no such program, or no such folder.
    """

    def __init__(self, program: str, models: str, input_size: int) -> None:
        found = shutil.which(str(Path(program).expanduser())) or shutil.which(program)
        if not found:
            raise FileNotFoundError(f"there is no program {program!r}: {REMEDY}")
        # It runs in a folder of its own, where a relative path would lead elsewhere.
        self._program = str(Path(found).resolve())
        self._models = Path(models).expanduser().resolve() if models else None
        if self._models and not self._models.is_dir():
            raise FileNotFoundError(f"openpose_models_folder {models!r} is no folder")
        self._size = max(16, round(input_size / 16) * 16)

    def __call__(self, picture: np.ndarray, most: int) -> list[Detection]:
        """At most ``most`` people of RGB uint8 (H, W, 3), by falling score.

        Raises:
            RuntimeError: The program failed, or wrote something else.
        """
        height, width = picture.shape[:2]
        with tempfile.TemporaryDirectory(prefix="openpose-") as name:
            folder = Path(name)
            (folder / "in").mkdir()
            written, encoded = cv2.imencode(".png", picture[..., ::-1])
            if not written:
                raise RuntimeError("the picture could not be handed to OpenPose as a PNG")
            (folder / "in" / "picture.png").write_bytes(encoded.tobytes())
            self._run(folder, height, width)
            people = read_people(folder / "out")
        found = [within(_detection(keypoints), height, width) for keypoints in people]
        return distinct(found)[:most]

    def _run(self, folder: Path, height: int, width: int) -> None:
        # OpenPose keeps the shape where one side is -1.
        size = f"{self._size}x-1" if width >= height else f"-1x{self._size}"
        command = [
            self._program,
            *("--image_dir", "in"),
            *("--write_json", "out"),
            *("--display", "0"),
            *("--render_pose", "0"),
            *("--model_pose", "BODY_25"),
            *("--net_resolution", size),
            *(("--model_folder", f"{self._models}/") if self._models else ()),
        ]
        try:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RuntimeError(f"{self._program} could not be run ({error}): {REMEDY}") from error
        if done.returncode:
            said = (done.stderr or done.stdout).strip()[-500:]
            raise RuntimeError(f"{self._program} ended with {done.returncode}: {said}")


def read_people(folder: Path) -> list[np.ndarray]:
    """The people of the only JSON file in ``folder``, (25, 3) each.

    Raises:
        RuntimeError: There is none, or it holds something else.
    """
    files = sorted(folder.glob("*_keypoints.json"))
    if not files:
        raise RuntimeError("OpenPose wrote no keypoints: does it know --write_json?")
    try:
        people = json.loads(files[0].read_text(encoding="utf-8"))["people"]
        flat = [np.array(person["pose_keypoints_2d"], np.float32) for person in people]
        return [values.reshape(JOINTS, 3) for values in flat]
    except (ValueError, KeyError, TypeError) as error:
        raise RuntimeError(
            f"{files[0].name} is not OpenPose's JSON of BODY_25 ({error!r})"
        ) from error


def _detection(body25: np.ndarray) -> Detection:
    keypoints = from_body25(body25)
    keypoints[:, 2] = keypoints[:, 2].clip(0, 1)
    known = keypoints[keypoints[:, 2] > 0, :2]
    if not len(known):
        known = np.zeros((1, 2), np.float32)
    box = np.concatenate([known.min(axis=0), known.max(axis=0)])
    found = Detection(box, 1.0, keypoints)
    return replace(found, score=found.keypoint_score)
