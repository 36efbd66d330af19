"""What 13_a_data_set.py does with each take: a function that a worker imports by its name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from plugin_kit.video import VideoInfo, VideoReader
from workflows.dataset.units import Unit


def measure(unit: Unit, folder: Path) -> Mapping[str, float]:
    """Write the mean brightness of each of the unit's videos to ``folder``."""
    found = {}
    frames = 0
    for path in unit.inputs.values():
        pictures = [frame.image.mean() for frame in VideoReader(VideoInfo.from_path(path))]
        found[path.name] = round(float(sum(pictures) / len(pictures)), 1)
        frames += len(pictures)
    (folder / "brightness.json").write_text(json.dumps(found), encoding="utf-8")
    return {"frames": frames}
