"""``--people``: which of the people of a video are kept, in any method's alpha."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from infer_people.people_finding import FramePeople
from infer_people.people_finding.choosing import Choice, choose
from infer_people.people_finding.regions import WantedRegions
from workflows.matting.kept import KeptArrays


class WantedPeople:
    """Who is in each frame, and after the last one, whose alpha is kept.

    Args:
        who: ``all``, ``largest``, an identity, or ``x,y[,frame]``.
    """

    def __init__(self, who: str) -> None:
        self._choice = Choice.parse(who)
        self._frames: list[FramePeople] = []
        self._masks = KeptArrays()
        self._regions = WantedRegions(())

    def add(self, people: FramePeople) -> None:
        """Note the people of the next frame, with masks."""
        assert people.masks is not None
        self._masks.append(people.masks)
        self._frames.append(replace(people, masks=None))

    def choose(self) -> list[int]:
        """The identities that are wanted, now that all frames are known.

        Raises:
            ValueError: Who was asked for is not there; the text has who is.
        """
        frames = list(self._frames)
        asked = self._choice.frame
        if self._choice.kind == "point" and asked < len(frames):
            # A point is somebody's by the masks, else by the boxes.
            frames[asked] = replace(frames[asked], masks=self._masks[asked])
        try:
            chosen = choose(frames, self._choice)
        except ValueError as error:
            raise ValueError(f"--people: {error}") from error
        kept = {int(identity) for frame in chosen for identity in frame.identities}
        self._regions = WantedRegions(kept)
        return sorted(kept)

    def share(self, index: int) -> np.ndarray:
        """How much of the alpha of each frame in turn is kept, float32 (H, W) in 0..1."""
        return self._regions(replace(self._frames[index], masks=self._masks[index]))

    def close(self) -> None:
        self._masks.close()
