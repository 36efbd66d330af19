"""The camera, by the path that scripts and the readers of calibrations know."""

from .cameras.camera import Camera

__all__ = ["Camera"]
