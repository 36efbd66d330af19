"""Where a demo writes."""

from __future__ import annotations

import os
from pathlib import Path

from plugin_kit.files import prepare_folder
from workflows.plugins import quiet_ikomia


def prepare_output(output: Path, name: str) -> Path:
    """Return the folder ``name`` below ``output``, made, with Ikomia quiet and its home beside."""
    folder, home = output / name, (output / ".home").resolve()
    prepare_folder(folder)
    # Ikomia keeps its settings in the home folder; the demo's lies with its outputs.
    prepare_folder(home)
    os.environ["HOME"] = str(home)
    quiet_ikomia()
    return folder
