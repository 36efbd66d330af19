"""``make bench``: milliseconds, memory, ratios and differences, all measured in this run.

``python -m development.benchmarks`` prints every table, ``python -m development.benchmarks
networks plates`` those two.
"""

from __future__ import annotations

import argparse
import importlib

from rich.console import Console

from development.benchmarks.measuring import machine

PACKAGE = "development.benchmarks"
# Module of this package and function that makes the table.
TABLES = {
    "networks": "runtimes.table",
    "network_memory": "networks.table",
    "chain": "chain.table",
    "plates": "plates.table",
    "long_clip": "plates.long_table",
    "accuracy": "plates.accuracy_table",
    "real_plates": "real_plates.table",
    "mixture": "plates.mixture_table",
    "parsing": "networks.parsing_table",
    "people": "people.table",
    "flow": "flow_matting.flow_table",
    "fusion": "fusion.table",
    "methods": "methods.table",
    "key": "key.table",
    "foreground": "foreground.table",
    "keypoints3d": "motion.triangulation_table",
    "left_right": "left_right.table",
    "smoothness": "smoothness.table",
    "crowd": "crowd.table",
    "crowd_videos": "crowd.video_table",
    "cameras": "motion.camera_table",
    "board": "board.table",
    "body_fit": "motion.fit_table",
    "body_postures": "bodies.posture_table",
    "body_sizes": "bodies.size_table",
    "hands": "bodies.hand_table",
    "long_motion": "motion.long_table",
    "videos": "videos.table",
    "runner": "runner.table",
}


def main(arguments: list[str] | None = None) -> None:
    """Print the tables that were asked for, one after another."""
    parser = argparse.ArgumentParser(prog=f"python -m {PACKAGE}", description=__doc__)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=", ".join(TABLES))
    chosen = parser.parse_args(arguments).tables or list(TABLES)
    unknown = [name for name in chosen if name not in TABLES]
    if unknown:
        parser.error(f"there is no table {unknown[0]!r}; there are {', '.join(TABLES)}")
    console = Console(width=110)
    console.print(machine())
    for name in chosen:
        module, function = TABLES[name].split(".")
        console.print(getattr(importlib.import_module(f"{PACKAGE}.{module}"), function)())


if __name__ == "__main__":
    main()
