"""Fitting a body to 3D keypoints in numpy and scipy; no ikomia, no files."""

from .everybody import fit_everybody
from .fit import Fit, Mode, fit_body

__all__ = ["Fit", "Mode", "fit_body", "fit_everybody"]
