"""Keypoints of people: what each detector's are called, and files of their 3D places in time."""
