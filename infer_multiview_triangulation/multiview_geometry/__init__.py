"""Cameras and 3D keypoints from several views, in numpy and scipy; no ikomia, no files."""
