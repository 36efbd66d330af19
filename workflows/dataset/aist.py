"""AIST's names, AIST++'s folders, and what is known of single videos.

https://aistdancedb.ongaaccel.jp and https://github.com/google/aistplusplus_api.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from plugin_kit.files import FileError, load_json

VIEWS = tuple(f"c{number:02d}" for number in range(1, 10))
# gBR_sBM_c01_d04_mBR0_ch01: genre, situation, camera, dancers, music, choreography.
VIDEO_NAME = re.compile(r"(g[A-Z]{2}_s[A-Z]{2})_(c\d{2})_((?:d\d{2}_)+m[A-Z]{2}\d_ch\d{2})")
ALL_CAMERAS = "cAll"
# AIST++'s folders of annotations, and the file that names each sequence's environment.
KEYPOINTS2D, CAMERAS, KEYPOINTS3D, MOTIONS = "keypoints2d", "cameras", "keypoints3d", "motions"
MAPPING = "mapping.txt"
SETTINGS = Path(__file__).with_name("aist_settings.json")
ONLY_ENVIRONMENT = "setting1"


def is_video_of_aist(stem: str) -> bool:
    """Whether a file is called as AIST's videos are."""
    return VIDEO_NAME.fullmatch(stem) is not None


def sequence_of(stem: str) -> tuple[str, str]:
    """The sequence and the camera of a video, as AIST++ names them.

    Raises:
        ValueError: It is no name of AIST's.

    Example:
        >>> sequence_of("gBR_sBM_c01_d04_mBR0_ch01")
        ('gBR_sBM_cAll_d04_mBR0_ch01', 'c01')
    """
    match = VIDEO_NAME.fullmatch(stem)
    if match is None:
        raise ValueError(f"{stem} is no name of AIST's")
    front, camera, back = match.groups()
    return f"{front}_{ALL_CAMERAS}_{back}", camera


@dataclass(frozen=True)
class AistSettings:
    """What is known of single sequences.

    Attributes:
        environments: By name, patterns of sequences.
        bad_views: By sequence, its cameras that are no use, each with the reason.
    """

    environments: Mapping[str, Sequence[str]]
    bad_views: Mapping[str, Mapping[str, str]]

    @classmethod
    def read(cls, path: Path = SETTINGS) -> AistSettings:
        """Read a settings file.

        Raises:
            FileNotFoundError, FileError: There is none, or it is another.
        """
        content = load_json(path)
        environments, bad_views = (
            content.get(key, {}) if isinstance(content, dict) else None
            for key in ("environments", "bad_views")
        )
        if not isinstance(environments, dict) or not isinstance(bad_views, dict):
            raise FileError(
                path,
                "holds no settings of AIST's",
                f"write environments and bad_views as {SETTINGS.name} has them",
            )
        return cls(environments, bad_views)

    def environment_of(self, sequence: str) -> str:
        """By the patterns; where none fits, all sequences are of one environment."""
        for name, patterns in self.environments.items():
            if any(fnmatch(sequence, pattern) for pattern in patterns):
                return name
        return ONLY_ENVIRONMENT


def environments_of(
    sequences: Sequence[str], root: Path, settings: AistSettings
) -> dict[str, list[str]]:
    """The sequences of each environment, by ``cameras/mapping.txt`` or else by the settings.

    Raises:
        FileError: The mapping has a line that is none.
    """
    path, mapping = root / CAMERAS / MAPPING, {}
    if path.is_file():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            words = line.split()
            if len(words) not in (0, 2):
                raise FileError(
                    path, f"line {number} is {line!r}", "give a sequence and its setting"
                )
            mapping |= dict([words] if words else [])
    found: dict[str, list[str]] = {}
    for sequence in sequences:
        environment = mapping.get(sequence) or settings.environment_of(sequence)
        found.setdefault(environment, []).append(sequence)
    return found
