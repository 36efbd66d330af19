"""2D keypoints, identities and masks of everybody in one video, or in those of several cameras.

As a command: ``python -m workflows.keypoints VIDEO|FOLDER --output DIR``.
"""
