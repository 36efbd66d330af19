"""Cameras from videos of a ChArUco board or a checkerboard.

As a command: ``python -m workflows.calibrate VIDEOS --board charuco:7x5:40mm:30mm --output DIR``.
"""
