"""``python -m workflows.matting VIDEO --output DIR``."""

import sys

from workflows.interruption import run_program

sys.exit(run_program("workflows.matting.command"))
