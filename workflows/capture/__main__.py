"""``python -m workflows.capture VIDEOS --cameras FILE --output ROOT``."""

from workflows.interruption import run_program

run_program("workflows.capture.command")
