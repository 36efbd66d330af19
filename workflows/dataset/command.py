"""The command ``python -m workflows.dataset``: its options and what they start."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from workflows.command import program, run_command
from workflows.dataset.options import AIST, ENGINES, DatasetOptions


def parse_arguments(arguments: list[str] | None = None) -> DatasetOptions:
    """Parse the command line of ``python -m workflows.dataset``."""
    arguments = sys.argv[1:] if arguments is None else arguments
    # argparse would take the first of the task's options for one of its own.
    place = arguments.index("--") if "--" in arguments else len(arguments)
    parser = argparse.ArgumentParser(
        prog=program("dataset"),
        description="Do one thing with every take or video of a data set. A second run does only "
        "what is missing or has changed.",
        epilog="What stands after -- goes to the task's own command, such as -- --person all.",
    )
    parser.add_argument(
        "root",
        type=Path,
        metavar="ROOT",
        help="a folder of AIST's videos; of takes with a video a camera (TAKE/CAMERA.mp4); an "
        "EasyVolcap root, or a folder of them; or a .csv table with a column unit",
    )
    parser.add_argument(
        "--task",
        required=True,
        metavar="keypoints|motion|matte|capture|aist|MODULE:FUNCTION",
        help="what is done with each: a video's 2D keypoints, a take's motion, a video's matte, "
        "everything of a take as an EasyVolcap root; aist: keypoints, cameras by environment and "
        "motion of AIST's videos in AIST++'s own files; or a function of your own",
    )
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="for a folder a unit, and for what is told of the run",
    )
    parser.add_argument("--engine", choices=ENGINES, default="local", help="processes, or Ray")
    parser.add_argument(
        "--workers", type=int, metavar="N", help="units at once; as many as there are cores"
    )
    parser.add_argument("--threads", type=int, metavar="N", help="of each unit's process")
    parser.add_argument("--address", metavar="HOST:PORT|auto", help="of a Ray cluster that runs")
    parser.add_argument(
        "--shard", default="1/1", metavar="I/N", help="only each N-th unit, for array jobs"
    )
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="units of these names; * and ? count"
    )
    parser.add_argument(
        "--retries", type=int, default=2, metavar="N", help="of a unit whose process crashed"
    )
    parser.add_argument("--limit", type=float, metavar="SECONDS", help="that a unit may take")
    parser.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help="of --task aist: environments and bad views, as workflows/dataset/aist_settings.json",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="list the units, and how long they would take"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress and no tables")
    given = vars(parser.parse_args(arguments[:place]))
    shard = re.fullmatch(r"(\d+)/(\d+)", given["shard"])
    if shard is None:
        parser.error(f"--shard {given['shard']}: give two numbers, such as 3/40")
    given |= {"shard": (int(shard[1]), int(shard[2])), "only": tuple(given["only"])}
    return DatasetOptions(**given, task_options=tuple(arguments[place + 1 :]))


def main(arguments: list[str] | None = None) -> int:
    """Work on a data set; return the process's exit code: 1 where a unit failed."""
    options = parse_arguments(arguments)
    failed = False

    def work() -> None:
        nonlocal failed
        from workflows.dataset.dry_run import show_plan
        from workflows.dataset.layouts import find_units
        from workflows.dataset.options import check_options
        from workflows.dataset.runner import run_dataset
        from workflows.dataset.work import task_of
        from workflows.plugins import ensure_home

        check_options(options)
        ensure_home()
        if options.task == AIST:
            from workflows.dataset.aist_run import AistRun

            run = AistRun(options)
            if options.dry_run:
                run.show_plans()
            else:
                failed = any(report.failed for report in run.run())
            return
        task_of(options.task)
        units = find_units(options)
        if options.dry_run:
            show_plan(options, units)
        else:
            failed = bool(run_dataset(options, units).failed)

    return run_command(work) or int(failed)
