"""``python -m workflows.matting VIDEO --output DIR``."""

import sys

from workflows.matting.command import main

sys.exit(main())
