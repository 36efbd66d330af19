"""Motion files that other programs open, and pictures of the body; no ikomia."""
