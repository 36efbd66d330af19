"""Cameras from the keypoints that they saw: bundle adjustment, and poses from nothing."""
