"""Networks on the CPU: our path against the plain one with the same network, each by itself.

Time and memory of a process of its own each; :mod:`.runtimes` has the runtimes beside them.

The plain way is what one writes first. Of the mattes: pictures to float tensors and ``forward`` in
NCHW under ``inference_mode``. Of human parsing: each person cut out, through the network as it is
loaded, all logits resized to the input and warped back to the box by OpenCV, and the labels pasted.

Weights are the seeded ones of the golden vectors and of the tests: speed does not depend on what
they know, but torch's own random start clamps alpha to a constant, and then any two paths agree.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from development.benchmarks import measuring
from development.tables import new_table

WAYS = ("plain", "ours")
SIZES = ((720, 1280, 0.375), (1080, 1920, 0.25))
MATTE_RUNS, PARSING_RUNS = 6, 3
CROWDS = ((720, 1280, 1), (1080, 1920, 2))
COMPARED = ("plain ms", "ours ms", "ratio", "plain MiB", "ours MiB", "ratio")

Run = Callable[[], np.ndarray]
Box = tuple[int, int, int, int]


def table() -> Table:
    """Time and memory of each matting network at each size."""
    return new_table(
        "networks, mobilenet, one thread: CPU time a frame, peak memory above loaded",
        ("network", "size", *COMPARED, "alpha off"),
        _matting_rows(),
        caption="ratio: plain / ours; alpha off: the largest difference after six frames",
    )


def _matting_rows() -> Iterator[list[str]]:
    from development.synthetic.clip import SyntheticClip

    for network in ("infer_rvm", "infer_background_matting"):
        for height, width, ratio in SIZES:
            clip = SyntheticClip(width=width, height=height)
            pictures = [clip.frame(20)[0], clip.background]
            cells, (plain, ours) = _compare(network, pictures, case=ratio)
            off = np.abs(plain - ours).max()
            yield [network, f"{width}x{height}", *cells, f"{off:.1e}"]


def parsing_table() -> Table:
    """Time and memory of human parsing, on pictures with people who stand apart."""
    return new_table(
        "infer_human_parsing, 473x473 crops, one thread: CPU time a picture, peak memory above "
        "loaded",
        ("size", "people", *COMPARED, "labels equal"),
        _parsing_rows(),
        caption="ratio: plain / ours; labels equal: share of the pixels in the people's boxes",
    )


def _parsing_rows() -> Iterator[list[str]]:
    import cv2

    for height, width, people in CROWDS:
        small = np.random.default_rng(0).integers(0, 256, (height // 20, width // 20, 3), np.uint8)
        picture = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
        boxes = _boxes(height, width, people)
        cells, (plain, ours) = _compare("infer_human_parsing", [picture], case=boxes)
        inside = np.zeros((height, width), bool)
        for left, top, right, bottom in boxes:
            inside[top:bottom, left:right] = True
        equal = (plain == ours)[inside].mean()
        yield [f"{width}x{height}", str(people), *cells, f"{equal:.4%}"]


def _boxes(height: int, width: int, people: int) -> list[Box]:
    """Left, top, right and bottom of people side by side, each 80 % of the height tall."""
    tall = height * 4 // 5
    wide = tall * 2 // 5
    lefts = (round(width * (2 * i + 1) / (2 * people)) - wide // 2 for i in range(people))
    return [(left, height // 10, left + wide, height // 10 + tall) for left in lefts]


def _compare(
    network: str, pictures: list[np.ndarray], *, case: object
) -> tuple[list[str], list[np.ndarray]]:
    """Cells under :data:`COMPARED`, and what the last run of each way returned.

    The pictures come from this process: their drawing would raise the measured one's memory.
    """
    with tempfile.TemporaryDirectory() as folder:
        np.savez(f"{folder}/pictures.npz", *pictures)
        results = measuring.least(
            "development.benchmarks.networks", WAYS, "ms", network=network, case=case, folder=folder
        )
        returned = [np.load(f"{folder}/{way}.npy") for way in WAYS]
    cells = []
    for key in ("ms", "mib"):
        plain, ours = (results[way][key] for way in WAYS)
        cells += [f"{plain:.0f}", f"{ours:.0f}", f"{plain / ours:.2f}"]
    return cells, returned


def measure(way: str, network: str, *, case: Any, folder: str) -> dict[str, float]:
    """Measure ``way`` in this process; ``case`` is the ratio or the people's boxes."""
    import cv2
    import torch

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    with np.load(f"{folder}/pictures.npz") as stored:
        pictures = list(stored.values())
    is_ours, result = way == "ours", Path(folder) / f"{way}.npy"
    if network == "infer_human_parsing":
        run = (_our_parsing if is_ours else _plain_parsing)(pictures[0], [tuple(b) for b in case])
        return measuring.measure_runs(run, PARSING_RUNS, result)
    if network == "infer_rvm":
        run = _rvm(is_ours, pictures[0], ratio=case)
    else:
        run = _background_matting(is_ours, *pictures)
    return measuring.measure_runs(run, MATTE_RUNS, result)


def _forward(network: Any, *pictures: np.ndarray, states: Sequence = (), **options: object) -> Any:
    """uint8 pictures to float tensors, through ``network`` as it is, in float32."""
    import torch

    with torch.inference_mode():
        tensors = [torch.from_numpy(p).permute(2, 0, 1)[None].float().div(255) for p in pictures]
        return network(*tensors, *states, **options)


def matting_network(variant: str) -> Any:
    """RVM with a deep guided filter."""
    from infer_rvm.rvm_network import MattingNetwork
    from tests.golden import loading

    network = MattingNetwork(variant).eval()
    keys = f"rvm/rvm_{variant}_deep_guided_filter_keys.json"
    network.load_state_dict(loading.state_dict("rvm", keys))
    return network


def background_network() -> Any:
    """Background Matting V2 as it refines by default."""
    from infer_background_matting.bgm_network import MattingRefine
    from tests.golden import loading

    network = MattingRefine("mobilenetv2").eval()
    keys = "bgmv2/bgmv2_refine_mobilenetv2_keys.json"
    network.load_state_dict(loading.state_dict("bgm", keys))
    return network


def _rvm(is_ours: bool, image: np.ndarray, *, ratio: float) -> Run:
    from infer_rvm.rvm_network import MattingStream

    network = matting_network("mobilenetv3")
    if is_ours:
        stream = MattingStream(network)
        return lambda: stream(image, ratio).alpha
    states: list = []

    def run() -> np.ndarray:
        _, alpha, *states[:] = _forward(network, image, states=states, downsample_ratio=ratio)
        return alpha[0, 0].numpy()

    return run


def _background_matting(is_ours: bool, image: np.ndarray, background: np.ndarray) -> Run:
    import torch

    from infer_background_matting.bgm_network import build_matting

    network = background_network()
    if is_ours:
        matting = build_matting(network, "cpu", torch.float32)
        return lambda: matting(image, background).alpha
    return lambda: _forward(network, image, background).pha[0, 0].numpy()


def parsing_network() -> Any:
    """SCHP with the 20 labels of LIP."""
    import torch

    from infer_human_parsing.human_parsing_network import ParsingNetwork
    from tests.infer_human_parsing import seeded

    with torch.device("meta"):
        network = ParsingNetwork(20)
    state = {key: value.contiguous() for key, value in seeded.state_dict().items()}
    network.load_state_dict(state, assign=True)
    return network.requires_grad_(False).eval()


def _our_parsing(image: np.ndarray, boxes: list[Box]) -> Run:
    from infer_human_parsing.human_parsing_network import LIP
    from infer_human_parsing.human_parsing_pipeline import HumanParser, ParserOptions, Person

    options = ParserOptions(enlarge=1, batch=1, keep_apart="off")
    parser = HumanParser(parsing_network(), LIP, options)
    persons = [Person(box) for box in boxes]
    return lambda: parser(image, persons).labels


def _plain_parsing(image: np.ndarray, boxes: list[Box]) -> Run:
    import cv2
    import torch
    from torch.nn import functional as F

    network, size = parsing_network(), 473
    mean, deviation = torch.tensor([0.406, 0.456, 0.485]), torch.tensor([0.225, 0.224, 0.229])
    back = partial(cv2.warpAffine, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)

    @torch.inference_mode()
    def run() -> np.ndarray:
        labels = np.zeros(image.shape[:2], np.uint8)
        for left, top, right, bottom in boxes:
            cut = np.ascontiguousarray(image[top:bottom, left:right, ::-1])
            scale = (size - 1) / (max(cut.shape[:2]) - 1)
            shift = (size - 1) / 2 - scale * (np.array(cut.shape[1::-1]) - 1) / 2
            there = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
            crop = torch.from_numpy(cv2.warpAffine(cut, there, (size, size))).float() / 255
            x = ((crop - mean) / deviation).permute(2, 0, 1)[None].contiguous()
            logits = F.interpolate(network(x), (size, size), mode="bilinear", align_corners=True)
            planes = [back(plane, there, cut.shape[1::-1]) for plane in logits[0].numpy()]
            labels[top:bottom, left:right] = np.argmax(planes, axis=0)
        return labels

    return run


if __name__ == "__main__":
    measuring.answer(measure)
