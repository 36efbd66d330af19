"""Left and right, which detectors exchange for a while in some of the views."""
