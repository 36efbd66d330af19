"""Networks in ONNX, run by onnxruntime on the CPU or on CUDA."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import onnxruntime

logger = logging.getLogger(__name__)

CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
WEIGHTS = Path(__file__).parent / "weights"
ERRORS_ONLY = 3


def providers_of(device: str) -> list[str]:
    """onnxruntime's names for ``device``: auto, cuda or cpu.

    Raises:
        ValueError: It is ``cuda``, and this onnxruntime has none.
    """
    has_cuda = CUDA in onnxruntime.get_available_providers()
    if device == "cuda" and not has_cuda:
        raise ValueError(
            "device=cuda, but this onnxruntime has no CUDA: install onnxruntime-gpu in place of "
            "onnxruntime, or use auto or cpu"
        )
    return [CUDA, CPU] if device != "cpu" and has_cuda else [CPU]


class Session:
    """A network whose outputs come by name.

    Args:
        path: The ``.onnx`` file.
        device: auto, cuda or cpu.
        threads: On the CPU; 0: as many as onnxruntime takes.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no network, or ``device`` is not to be had.
    """

    def __init__(self, path: str | Path, device: str = "cpu", threads: int = 0) -> None:
        self.path = Path(path).expanduser()
        if not self.path.is_file():
            raise FileNotFoundError(f"the network {self.path} does not exist")
        wanted = providers_of(device)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = ERRORS_ONLY
        # Threads that wait for work in a loop take the cores from the tasks beside them.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(str(self.path), options, providers=wanted)
        # onnxruntime raises errors of its own for each kind of damage.
        except Exception as error:
            raise ValueError(f"{self.path} is not a network that can be run: {error}") from error
        if CUDA in wanted and self._session.get_providers()[0] != CUDA:
            message = f"{self.path.name}: onnxruntime's CUDA could not be started"
            if device == "cuda":
                raise ValueError(f"{message}; install what it asks for, or use auto or cpu")
            logger.warning("%s; the network runs on the CPU", message)
        self.input = self._session.get_inputs()[0]
        self.outputs = [output.name for output in self._session.get_outputs()]

    def __call__(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        """Run the network for one input; outputs by name."""
        values = self._session.run(self.outputs, {self.input.name: batch})
        return dict(zip(self.outputs, values, strict=True))

    def require(self, outputs: set[str], what: str) -> None:
        """Check that it is the kind of network that is needed.

        Raises:
            ValueError: An output is not there.
        """
        missing = sorted(outputs - set(self.outputs))
        if missing:
            raise ValueError(
                f"{self.path} is not {what}: it has no output {', '.join(missing)} but "
                f"{', '.join(self.outputs)}"
            )
