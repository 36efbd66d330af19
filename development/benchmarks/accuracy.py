"""How near the plates of each method come to the truth on scenes that are hard for it."""

from __future__ import annotations

from rich.table import Table

from development.synthetic.scenes import NAMES, make_scene, metrics
from development.tables import new_table
from extract_background.plate_estimation import FrameStore, PlateOptions, estimate_plate

METHODS = ("robust", "alpha_mean", "masked_mean", "gmm", "median", "bootstrap")
WITHOUT_MATTES = ("median", "bootstrap")


def table() -> Table:
    """AGE of each method on each scene."""
    title = "plates: AGE on 320x240 x 150 frames, bad mattes (none for the last two)"
    table = new_table(title, ("scene", *METHODS))
    for name in NAMES:
        scene = make_scene(name, seed=101)
        cells = []
        for method in METHODS:
            store = FrameStore(max_frames=200)
            for frame, matte in zip(scene.frames, scene.mattes, strict=True):
                store.add(frame, None if method in WITHOUT_MATTES else matte)
            plate = estimate_plate(store, PlateOptions(method=method))
            cells.append(f"{metrics(plate.background, scene.background)[0]:.2f}")
        table.add_row(name, *cells)
    return table
