"""``python -m workflows.keypoints VIDEO|FOLDER --output DIR``."""

from workflows.interruption import run_program

run_program("workflows.keypoints.command")
