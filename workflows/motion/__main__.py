"""``python -m workflows.motion --keypoints DIR --cameras FILE --output DIR``."""

import sys

from workflows.interruption import run_program

sys.exit(run_program("workflows.motion.command"))
