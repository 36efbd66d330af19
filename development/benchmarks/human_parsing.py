"""Human parsing on the CPU: our path against the plain one with the same network and boxes.

The plain way is what one writes first: each person cut out, through the network as it is loaded
under ``inference_mode``, all logits resized to the input and warped back to the box by OpenCV,
and the labels pasted. Weights are the tests' seeded ones: speed does not depend on what they know.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from development.benchmarks import measuring
from development.tables import new_table

CASES = ((720, 1280, 1), (1080, 1920, 2))
WAYS = ("plain", "ours")
RUNS = 2
COLUMNS = (
    "size",
    "people",
    "plain ms",
    "ours ms",
    "ratio",
    "plain MiB",
    "ours MiB",
    "ratio",
    "labels equal",
)


def table() -> Table:
    """Time and memory of pictures with people who stand apart."""
    title = "infer_human_parsing, 473x473 crops, one thread: CPU time a picture, peak memory above "
    table = new_table(f"{title}loaded", COLUMNS)
    for height, width, people in CASES:
        table.add_row(f"{width}x{height}", str(people), *_cells(height, width, people))
    table.caption = "ratio: plain / ours; labels equal: share of the pixels in the people's boxes"
    return table


def _cells(height: int, width: int, people: int) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        case = {"height": height, "width": width, "people": people, "folder": folder}
        results = measuring.least("development.benchmarks.human_parsing", WAYS, "ms", **case)
        labels = [np.load(Path(folder) / f"{way}.npy") for way in WAYS]
    inside = np.zeros((height, width), bool)
    for left, top, right, bottom in boxes(height, width, people):
        inside[top:bottom, left:right] = True
    equal = (labels[0] == labels[1])[inside].mean()
    return [*measuring.compared(*(results[way] for way in WAYS)), f"{equal:.4%}"]


def boxes(height: int, width: int, people: int) -> list[tuple[int, int, int, int]]:
    """Left, top, right and bottom of people side by side, each 80 % of the height tall."""
    tall = height * 4 // 5
    wide = tall * 2 // 5
    lefts = (round(width * (2 * i + 1) / (2 * people)) - wide // 2 for i in range(people))
    return [(left, height // 10, left + wide, height // 10 + tall) for left in lefts]


def picture(height: int, width: int) -> np.ndarray:
    """Coarse seeded noise, uint8 RGB (H, W, 3)."""
    import cv2

    small = np.random.default_rng(0).integers(0, 256, (height // 20, width // 20, 3), np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def measure(way: str, height: int, width: int, *, people: int, folder: str) -> dict[str, float]:
    """Measure ``way`` in this process."""
    measuring.use_one_thread()
    image, places = picture(height, width), boxes(height, width, people)
    run = (_ours if way == "ours" else _plain)(image, places)
    return measuring.measure_runs(run, 1 + RUNS, Path(folder) / f"{way}.npy")


def _network() -> Any:
    import torch

    from infer_human_parsing.human_parsing_network import ParsingNetwork
    from tests.infer_human_parsing import seeded

    with torch.device("meta"):
        network = ParsingNetwork(20)
    state = {key: value.contiguous() for key, value in seeded.state_dict().items()}
    network.load_state_dict(state, assign=True)
    return network.requires_grad_(False).eval()


def _ours(image: np.ndarray, places: list[tuple[int, int, int, int]]) -> Callable[[], np.ndarray]:
    from infer_human_parsing.human_parsing_network import LIP
    from infer_human_parsing.human_parsing_pipeline import HumanParser, ParserOptions, Person

    parser = HumanParser(_network(), LIP, ParserOptions(enlarge=1, batch=1, keep_apart="off"))
    persons = [Person(place) for place in places]
    return lambda: parser(image, persons).labels


def _plain(image: np.ndarray, places: list[tuple[int, int, int, int]]) -> Callable[[], np.ndarray]:
    import cv2
    import torch
    from torch.nn import functional as F

    network, size = _network(), 473
    mean, deviation = torch.tensor([0.406, 0.456, 0.485]), torch.tensor([0.225, 0.224, 0.229])

    @torch.inference_mode()
    def run() -> np.ndarray:
        labels = np.zeros(image.shape[:2], np.uint8)
        for left, top, right, bottom in places:
            cut = np.ascontiguousarray(image[top:bottom, left:right, ::-1])
            scale = (size - 1) / (max(cut.shape[:2]) - 1)
            shift = (size - 1) / 2 - scale * (np.array(cut.shape[1::-1]) - 1) / 2
            there = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
            crop = torch.from_numpy(cv2.warpAffine(cut, there, (size, size))).float() / 255
            x = ((crop - mean) / deviation).permute(2, 0, 1)[None].contiguous()
            logits = F.interpolate(network(x), (size, size), mode="bilinear", align_corners=True)
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            back = [
                cv2.warpAffine(plane, there, cut.shape[1::-1], flags=flags)
                for plane in logits[0].numpy()
            ]
            labels[top:bottom, left:right] = np.argmax(back, axis=0)
        return labels

    return run


if __name__ == "__main__":
    measuring.answer(measure)
