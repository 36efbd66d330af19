"""The default method on as many large frames as it takes at most: does it stay within 2 GB?"""

from __future__ import annotations

import tempfile
from pathlib import Path

from rich.table import Table

from benchmarks import measuring, plates

FRAMES = 200
PROMISED_MIB = 2e9 / 2**20


def table() -> Table:
    """One run with the plugin's defaults, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        clip = plates.write_clip(Path(folder))
        found = measuring.in_a_process(
            "benchmarks.plates", way="robust", clip=str(clip), frames=FRAMES, gain_alignment=True
        )
    table = Table(title=f"robust, gain aligned: {plates.WIDTH}x{plates.HEIGHT} x {FRAMES} frames")
    for column in ("CPU seconds, one thread", "peak MiB of the process", "promised MiB"):
        table.add_column(column, justify="right")
    table.add_row(f"{found['seconds']:.1f}", f"{found['mib']:.0f}", f"{PROMISED_MIB:.0f}")
    return table
