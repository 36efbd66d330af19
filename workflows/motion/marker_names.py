"""OpenSim's and Pose2Sim's words for keypoints, for .trc files that their models take as they are.

Pose2Sim's models for OpenSim know markers by these names (its ``skeletons.py``): a side's letter
and the joint in one word, ``RBigToe``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

OWN, OPENSIM = "own", "opensim"
VOCABULARIES = (OWN, OPENSIM)
# What is not made of the words of our own name.
OTHERS = {"mid_hip": "Hip", "head_top": "Head", "upper_neck": "Neck"}
# Beside the hips of these, Pose2Sim says CHip.
WITH_CENTRE_HIP = ("body25", "body25b")


def opensim_names(joints: Sequence[str], skeleton: str) -> list[str]:
    """The names in OpenSim's words.

    Example:
        >>> opensim_names(["left_big_toe", "mid_hip", "nose"], "body25")
        ['LBigToe', 'CHip', 'Nose']
    """
    others = {**OTHERS, "mid_hip": "CHip"} if skeleton in WITH_CENTRE_HIP else OTHERS
    return [others.get(joint) or _in_one_word(joint) for joint in joints]


def _in_one_word(joint: str) -> str:
    words = joint.split("_")
    side = {"left": "L", "right": "R"}.get(words[0], "")
    return side + "".join(word.capitalize() for word in words[1 if side else 0 :])


def rename_markers(path: Path, skeleton: str) -> None:
    """Give the markers of a .trc file OpenSim's names; all else stays."""
    # Late: --help names the vocabularies, and does not wait for NumPy.
    from plugin_kit.keypoints.trc_files import read_trc, write_trc

    trajectories = read_trc(path)
    names = opensim_names(trajectories.names, skeleton)
    write_trc(path, replace(trajectories, names=names))
