"""Data sets: one thing done with every take or video, on this machine or on a cluster.

As a command: ``python -m workflows.dataset ROOT --task motion --output DIR``. As a library:
:func:`workflows.dataset.layouts.find_units` finds the units, and
:func:`workflows.dataset.runner.run_dataset` works on them.
"""
