"""The kill campaign: both commands, ended at random moments, and what they leave."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from development.fuzz import seeds
from development.fuzz.wholeness import Content, contents, file_faults, is_hidden
from workflows.plugins import REPOSITORY

SIGNALS = ("SIGINT", "SIGTERM", "SIGKILL")
LIMIT_SECONDS = 300.0


@dataclass
class Kill:
    """One run of a command that was ended.

    Attributes:
        command, number: Which; with the campaign's seed they make it again.
        signal: What was sent.
        at: Seconds after the command had begun to work.
        faults: What was wrong afterwards.
    """

    command: str
    number: int
    signal: str
    at: float
    faults: list[str] = field(default_factory=list)


def draw_matting(folder: Path) -> None:
    """A clip of twelve small frames, and another of another scene."""
    from development.synthetic.clip import SyntheticClip

    for name, seed in (("first", 1), ("second", 2)):
        SyntheticClip(width=96, height=64, frames=12, seed=seed).write(folder / f"{name}.mp4")


def matting_arguments(name: str, folder: Path) -> list[str]:
    return [str(folder / f"{name}.mp4"), "--weights", "builtin", "--matte", "none"]


def draw_motion(folder: Path) -> None:
    """A stick figure before four cameras, and another."""
    from development.synthetic.capture import TYPICAL, detect, stick_dancer, studio

    cameras = studio((1, 3, 5, 7), seed=1)
    seeds.files.write_cameras_json(folder / "cameras.json", cameras)
    for name, seed in (("first", 1), ("second", 2)):
        seen = detect(stick_dancer(20, seed=seed), cameras, "coco17", TYPICAL, seed)
        content = {"keypoints2d": seen, "skeleton": np.str_("coco17"), "fps": np.float64(60)}
        seeds.files.write_npz(folder / f"{name}.npz", content)


def motion_arguments(name: str, folder: Path) -> list[str]:
    cameras = str(folder / "cameras.json")
    return ["--keypoints", str(folder / f"{name}.npz"), "--cameras", cameras, "--units", "cm"]


@dataclass(frozen=True)
class Command:
    """A command: what draws its inputs, and the arguments for one of them."""

    draw: Callable[[Path], None]
    arguments: Callable[[str, Path], list[str]]


COMMANDS = {
    "matting": Command(draw_matting, matting_arguments),
    "motion": Command(draw_motion, motion_arguments),
}


@dataclass
class Scene:
    """A command's inputs, and what it writes when nobody ends it.

    Attributes:
        name: The command's.
        inputs: The folder of its inputs.
        held: What they held.
        earlier: What a run on the first of them leaves.
        seconds: What that run takes once it has begun to work.
    """

    name: str
    inputs: Path
    held: Content
    earlier: dict[str, bytes]
    seconds: float


class KillCampaign:
    """Ended commands, drawn from a seed.

    Args:
        seed: Of the moments.
        folder: Where it works.
        seconds: What a run takes once it has begun to work. None lets each command run once, and
            has its results in the way of half of the others.
    """

    def __init__(self, seed: int, folder: Path, seconds: float | None = None) -> None:
        self.seed, self.folder, self.seconds = seed, folder, seconds
        self._scenes: dict[str, Scene] = {}

    def run(self, numbers: dict[str, Sequence[int]]) -> Iterator[Kill]:
        """End the runs of these numbers."""
        for command, chosen in numbers.items():
            for number in chosen:
                yield self.end(command, number)

    def scene(self, command: str) -> Scene:
        """Draw the inputs of a command, and let it run once to its end."""
        if command not in self._scenes:
            inputs = self.folder / f"{command}-inputs"
            inputs.mkdir(parents=True)
            COMMANDS[command].draw(inputs)
            earlier: dict[str, bytes] = {}
            seconds = self.seconds
            if seconds is None:
                output = self.folder / f"{command}-whole"
                process = self._start(command, "first", inputs, output)
                began = _wait_until_working(process)
                _, errors = process.communicate(timeout=LIMIT_SECONDS)
                if process.returncode:
                    raise RuntimeError(
                        f"{command} failed on a good input: {errors.decode()[-500:]}"
                    )
                seconds = time.monotonic() - began
                earlier = {path: (output / path).read_bytes() for path in contents(output)}
            self._scenes[command] = Scene(command, inputs, contents(inputs), earlier, seconds)
        return self._scenes[command]

    def end(self, command: str, number: int) -> Kill:
        """Start the run of that number, end it, and look at what is left."""
        scene = self.scene(command)
        rng = np.random.default_rng((self.seed, zlib.crc32(command.encode()), number))
        name = SIGNALS[number % len(SIGNALS)]
        kill = Kill(command, number, name, float(rng.uniform(0, 1.05)) * scene.seconds)
        output = self.folder / f"{command}-{number}"
        is_second = bool(scene.earlier) and bool(rng.random() < 0.5)
        if is_second:
            for path, content in scene.earlier.items():
                (output / path).parent.mkdir(parents=True, exist_ok=True)
                (output / path).write_bytes(content)
        process = self._start(command, "second", scene.inputs, output)
        began = _wait_until_working(process)
        time.sleep(max(0.0, began + kill.at - time.monotonic()))
        process.send_signal(getattr(signal, name))
        try:
            printed, errors = process.communicate(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            kill.faults.append("it goes on")
            return kill
        text = (printed + errors).decode(errors="replace")
        kill.faults += _exit_faults(process.returncode, errors.decode(errors="replace"), name)
        if "Traceback" in text:
            kill.faults.append(f"a stack is shown: {text[text.index('Traceback') :][:1500]}")
        kill.faults += file_faults(output, name)
        if contents(scene.inputs) != scene.held:
            kill.faults.append("the inputs were changed")
        if is_second:
            kill.faults += self._mixing_faults(scene, output, process.returncode)
        return kill

    def _mixing_faults(self, scene: Scene, output: Path, code: int) -> list[str]:
        """Whether the earlier results are all there, or all of them are new."""
        now = {path: digest for path, digest in contents(output).items() if not is_hidden(path)}
        before = {path: hashlib.sha256(data).hexdigest() for path, data in scene.earlier.items()}
        lost, changed = before.keys() - now.keys(), now.items() - before.items()
        if lost:
            return [f"of the earlier results {', '.join(sorted(lost))} are gone"]
        new = {path for path, _ in changed}
        if code == 0 or not new or not before.keys() - new - self._alike(scene, before):
            return []
        return [f"{', '.join(sorted(new))} of this run stand among the earlier results"]

    def _alike(self, scene: Scene, before: Content) -> set[str]:
        """The files that are the same whichever input they come from."""
        output = self.folder / f"{scene.name}-other"
        if not output.exists():
            process = self._start(scene.name, "second", scene.inputs, output)
            process.communicate(timeout=LIMIT_SECONDS)
        return {path for path, _ in contents(output).items() & before.items()}

    def _start(self, command: str, name: str, inputs: Path, output: Path) -> subprocess.Popen:
        given = COMMANDS[command].arguments(name, inputs)
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return subprocess.Popen(
            [sys.executable, "-m", f"workflows.{command}", *given, "--output", str(output)],
            cwd=REPOSITORY,
            env={**os.environ, "HOME": str(home), "PYTHONPATH": str(REPOSITORY)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )


def _wait_until_working(process: subprocess.Popen) -> float:
    """Wait until a command catches SIGTERM; before, Python itself has not begun with it."""
    bit = 1 << (signal.SIGTERM - 1)
    status = Path(f"/proc/{process.pid}/status")
    end = time.monotonic() + LIMIT_SECONDS
    while process.poll() is None and time.monotonic() < end:
        lines = status.read_text().splitlines()
        caught = next((line.split()[1] for line in lines if line.startswith("SigCgt")), "0")
        if int(caught, 16) & bit:
            break
        time.sleep(0.002)
    return time.monotonic()


def _exit_faults(code: int, errors: str, name: str) -> list[str]:
    if name == "SIGKILL" or code == 0:
        return []
    if code != 130:
        return [f"exit code {code}, not 130: {errors.strip()[-160:]}"]
    sentences = [line for line in errors.splitlines() if line.startswith("Interrupted")]
    return [] if len(sentences) == 1 else [f"not one sentence: {errors.strip()[-160:]}"]
