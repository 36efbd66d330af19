"""A capture in one go: synchronous videos in, an EasyVolcap root with everything out.

As a command: ``python -m workflows.capture VIDEOS --cameras FILE --output ROOT``.
"""
