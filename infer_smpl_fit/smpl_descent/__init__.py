"""AIST++'s own body fit, with torch and the package smplx; no ikomia, no files."""
