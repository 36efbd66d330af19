"""The matte of a green or blue screen, frame after frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from infer_chroma_key.ports import Output as KeyOutput
from workflows.matting.key_graph import KEY, key_workflow
from workflows.plugins import run_workflow, task_of


@dataclass(frozen=True)
class KeyedFrame:
    """What the keyer found.

    Attributes:
        alpha: float32 (H, W) in 0..1.
        foreground: uint8 RGB (H, W, 3), without the screen's light.
        report: infer_chroma_key's, with the screen's colour and warnings.
    """

    alpha: np.ndarray
    foreground: np.ndarray
    report: Mapping[str, Any]


class KeySource:
    """Keys the frames of one sequence.

    Args:
        key: Parameters of infer_chroma_key.
        region: ``infer_rvm`` or ``infer_people``: whose matte says who is wanted; None for all.
        finder: Parameters of that task.
    """

    def __init__(
        self,
        key: Mapping[str, object] = {},
        *,
        region: str | None = None,
        finder: Mapping[str, object] = {},
    ) -> None:
        self._region = region
        sequence = {"sequence": "stream"}
        self._graph = {
            "region": region,
            "finder": {**sequence, **finder} if region else {},
            "key": {**sequence, **key},
        }
        self._workflow = key_workflow(**self._graph)

    def begin_sequence(self) -> None:
        """Begin another sequence: what remembers the frames before forgets them."""
        self._workflow = key_workflow(**self._graph)

    def load(self) -> None:
        """Load the region's network; a RuntimeError says why it cannot be had."""
        if self._region is None:
            return
        try:
            task_of(self._workflow, self._region).init_long_process()
        except Exception as error:
            raise RuntimeError(f"{self._region}: {error}") from error

    def find(self, image: np.ndarray) -> KeyedFrame:
        """Key the next frame, uint8 RGB (H, W, 3).

        Raises:
            RuntimeError: There is no screen; the text has the remedy.
        """
        self._workflow.set_image_input(array=image, index=0)
        run_workflow(self._workflow)
        task = task_of(self._workflow, KEY)
        return KeyedFrame(
            task.get_output(KeyOutput.ALPHA_ARRAY).get_array(),
            task.get_output(KeyOutput.FOREGROUND).get_image(),
            dict(task.get_output(KeyOutput.REPORT).data),
        )
