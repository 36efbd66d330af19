"""``python -m workflows.motion --keypoints DIR --cameras FILE --output DIR``."""

import sys

from workflows.motion.command import main

sys.exit(main())
