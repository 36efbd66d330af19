"""Cameras: the pinhole model, its derivatives, epipolar geometry, and moving them as a whole."""
