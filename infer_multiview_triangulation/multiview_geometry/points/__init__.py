"""Points of single moments: rays of calibrated views, triangulation, errors."""
