"""Which network a file holds, and whether it holds all of it."""

from pathlib import Path

from .flow_matting_engine.stream import TrainedNetwork
from .infer_flow_matting_kit.files import FileError
from .infer_flow_matting_kit.flow.checkpoint import architecture_of, restored
from .infer_flow_matting_kit.flow.network import LEGACY_TENSORS, FlowMattingNetwork
from .infer_flow_matting_kit.weights import checked_state, load_state, read_checkpoint, user_file

PREFIX = "unet."
WRAPPER = "module."


def load_network(file: str | Path) -> TrainedNetwork:
    """Read a checkpoint of ``train_flow_matting`` or of the original project, strictly.

    Raises:
        FileNotFoundError: No file is named, or it does not exist.
        ValueError: It is neither of the two, or does not fit its network; the text names it.
    """
    if not str(file):
        raise FileNotFoundError(
            "mode=network needs model_weight_file: best.pth of train_flow_matting, or a CP_*.pth "
            "of the original Flow-Based-Video-Matting (GPL-3.0, not shipped here)"
        )
    path = user_file(str(file))
    content = read_checkpoint(path)
    architecture = architecture_of(content, path)
    if architecture is None:
        return TrainedNetwork(_original(content, path), "legacy")
    inputs = "flow+matte" if architecture.uses_matte else "flow"
    return TrainedNetwork(restored(content, architecture, path), inputs)


def _original(content: object, path: Path) -> FlowMattingNetwork:
    """26 tensors with the prefix ``unet.``, as the original saves them."""
    state = checked_state(content, path)
    state = {key.removeprefix(WRAPPER): value for key, value in state.items()}
    if len(state) != LEGACY_TENSORS or not all(key.startswith(PREFIX) for key in state):
        problem = (
            f"does not fit the flow matting network: the original's checkpoints hold "
            f"{LEGACY_TENSORS} tensors named {PREFIX}*; this one holds {len(state)}, such as "
            f"{', '.join(sorted(state)[:3])}"
        )
        raise FileError(path, problem, "give best.pth of train_flow_matting or an original CP file")
    network = FlowMattingNetwork()
    load_state(network, state, path, parameters="model_weight_file")
    return network
