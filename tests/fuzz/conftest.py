"""The campaigns watch processes as only Linux lets them."""

import sys

collect_ignore = [] if sys.platform == "linux" else ["test_campaign.py"]
