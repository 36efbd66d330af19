"""``python -m workflows.matting VIDEO --output DIR``."""

from workflows.interruption import run_program

run_program("workflows.matting.command")
