"""Bodies in SMPL's layout: loading, forward pass, keypoint conventions; no ikomia."""
