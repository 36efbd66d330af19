"""``python -m workflows.dataset ROOT --task motion --output DIR``."""

from workflows.interruption import run_program

run_program("workflows.dataset.command")
