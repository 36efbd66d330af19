"""``python -m workflows.motion --keypoints DIR --cameras FILE --output DIR``."""

from workflows.interruption import run_program

run_program("workflows.motion.command")
