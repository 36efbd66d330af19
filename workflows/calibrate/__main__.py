"""``python -m workflows.calibrate VIDEOS --board BOARD --output DIR``."""

from workflows.interruption import run_program

run_program("workflows.calibrate.command")
