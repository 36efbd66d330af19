"""The default method on as many large frames as it takes at most: does it stay within 2 GB?"""

from __future__ import annotations

import tempfile
from pathlib import Path

from rich.table import Table

from development.benchmarks import measuring, plates
from development.tables import new_table

FRAMES = 200
PROMISED_MIB = 2e9 / 2**20


def table() -> Table:
    """One run with the plugin's defaults, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        clip = plates.write_clip(Path(folder))
        measured = measuring.in_a_process(
            "development.benchmarks.plates",
            way="robust",
            clip=str(clip),
            frames=FRAMES,
            gain_alignment=True,
        )
    title = f"robust, gain aligned: {plates.WIDTH}x{plates.HEIGHT} x {FRAMES} frames"
    columns = ("CPU seconds, one thread", "peak MiB of the process", "promised MiB")
    table = new_table(title, columns)
    table.add_row(f"{measured['seconds']:.1f}", f"{measured['mib']:.0f}", f"{PROMISED_MIB:.0f}")
    return table
