"""Fitting a body to 3D keypoints, in numpy and scipy; no ikomia, no files."""
