"""The program ``human-capture``: one name for the commands of ``workflows``.

Only what takes no time to load is imported here.
"""

from __future__ import annotations

import sys

PROGRAM = "human-capture"
COMMANDS = {
    "matting": "cut the people out of a video and put them before a new background",
    "motion": "videos of several cameras, or keypoints of them → 3D keypoints and body motion",
    "calibrate": "videos of a calibration board → the cameras' lenses and places",
    "keypoints": "everybody in a video, or in those of several cameras: 2D keypoints and masks",
    "capture": "synchronous videos → an EasyVolcap root with pictures, masks, cameras, motion",
    "dataset": "one of these with every take or video of a data set",
}


def usage() -> str:
    """What ``human-capture --help`` prints."""
    rows = [f"  {name:<10} {text}" for name, text in COMMANDS.items()]
    return "\n".join(
        [
            f"usage: {PROGRAM} [--help] [--version] COMMAND …",
            "",
            "Video matting and body motion by Ikomia workflows.",
            "",
            "commands:",
            *rows,
            "",
            f"{PROGRAM} COMMAND --help tells the options of one.",
        ]
    )


def main() -> None:
    """Run the command that the first argument names; it ends the process with its exit code."""
    name, *rest = sys.argv[1:] or [""]
    if name in ("-h", "--help"):
        print(usage())
        sys.exit(0)
    if name == "--version":
        from plugin_kit.version import VERSION

        print(f"{PROGRAM} {VERSION}")
        sys.exit(0)
    if name not in COMMANDS:
        told = f"there is no command {name}" if name else "name a command"
        print(f"{usage()}\n\n{PROGRAM}: error: {told}", file=sys.stderr)
        sys.exit(2)
    from workflows.interruption import run_program

    sys.argv = [f"{PROGRAM} {name}", *rest]
    run_program(f"workflows.{name}.command")
