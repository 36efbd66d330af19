"""Readers and writers of keypoints, cameras and trajectories; no ikomia."""
