"""What a search for people may be asked."""

from __future__ import annotations

from dataclasses import dataclass

BACKENDS = ("embedded", "rtmpose", "openpose")
SKELETONS = ("coco17", "body25")
LEAST_INPUT, MOST_INPUT = 128, 2048


@dataclass(frozen=True)
class FinderOptions:
    """How people are looked for.

    Attributes:
        backend: Who finds the keypoints: embedded (MoveNet), rtmpose (an RTMPose or RTMO file) or
            openpose (an installed program).
        skeleton: coco17 or body25; points that a backend has not are made of its others where
            that can be done (neck, mid_hip), else they are unknown.
        input_size: Long side of the detector's input, pixels.
        score: Least score of a person, 0 to 1.
        keypoint_score: Keypoints below have the score 0.
        max_people: So many at most in a frame.
        person: Who is wanted: all, largest, an identity, or ``x,y[,frame]``; see :class:`Choice`.
        track_crops: Look for known people where they were, and for new ones every few frames.
        flip: Look at each person a second time, mirrored.
        masks: Find each person's pixels.
        device: auto, cuda or cpu.
        threads: Of each network on the CPU; 0: as many as the process may use.
        detector_file, keypoint_file, mask_file: Other networks of the same kinds, ONNX; empty:
            those of this folder. ``rtmpose`` takes its network from ``keypoint_file``.
        rtmpose_model: Which published network to fetch where ``keypoint_file`` is empty.
        openpose_program: The command ``openpose``'s program is called by, or its path.
        openpose_models: Its folder of models; empty: as the program itself finds it.

    Raises:
        ValueError: A value is not one of those above.
    """

    backend: str = "embedded"
    skeleton: str = "coco17"
    input_size: int = 512
    score: float = 0.32
    keypoint_score: float = 0.1
    max_people: int = 10
    person: str = "all"
    track_crops: bool = True
    flip: bool = False
    masks: bool = True
    device: str = "auto"
    threads: int = 0
    detector_file: str = ""
    keypoint_file: str = ""
    mask_file: str = ""
    rtmpose_model: str = "rtmpose-m"
    openpose_program: str = "openpose"
    openpose_models: str = ""

    def __post_init__(self) -> None:
        for name, known in (("backend", BACKENDS), ("skeleton", SKELETONS)):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} {getattr(self, name)!r} is not one of {', '.join(known)}")
        if not LEAST_INPUT <= self.input_size <= MOST_INPUT:
            raise ValueError(
                f"input_size {self.input_size} is outside of {LEAST_INPUT} to {MOST_INPUT} pixels"
            )
        for name in ("score", "keypoint_score"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} {getattr(self, name)} is outside of 0 to 1")
        if self.max_people < 1 or self.threads < 0:
            raise ValueError(
                f"max_people {self.max_people} must be 1 or more, threads {self.threads} 0 or more"
            )
