"""How the alpha is made: what is its base, and what the plate is for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Method:
    """One of :data:`METHODS`.

    Attributes:
        base: Who makes the alpha that needs no plate: ``auto`` is Robust Video Matting where its
            weights are to be had, else infer_people; ``key`` the keyer of a green or blue screen;
            ``none``: nobody, the plate is everything.
        plate: ``judged``: background matting helps where a plate was seen and fits the frame;
            ``alone``: its alpha is the result; ``none``: no plate is made.
        stabilises: Whether the alpha is made stable along the flow unless the user says.
    """

    base: Literal["auto", "rvm", "key", "none"]
    plate: Literal["judged", "alone", "none"]
    stabilises: bool


# Who can say what is kept and what is garbage beside a screen.
KEY_REGIONS = ("auto", "rvm", "people", "none")
# A further base gets a name here, in Method.base and in base_alpha.BASES.
METHODS = {
    "auto": Method(base="auto", plate="judged", stabilises=True),
    "rvm": Method(base="rvm", plate="none", stabilises=False),
    "key": Method(base="key", plate="none", stabilises=False),
    "background": Method(base="none", plate="alone", stabilises=False),
}


def check_method(
    method: str,
    *,
    matte: str,
    alpha: Path | None,
    who: str,
    plate: Path | None,
    rvm_weights: Path | None,
) -> None:
    """Refuse options that ``--method`` leaves nothing to do for, and people nobody can mean.

    Raises:
        ValueError: The text names both options, and what to do.
        FileNotFoundError: ``--alpha`` is neither a file nor a folder.
    """
    if method not in METHODS:
        raise ValueError(f"--method {method!r} is none of {', '.join(METHODS)}")
    # Late: with it comes onnxruntime, for which --help does not wait.
    from infer_people.people_finding.choosing import Choice

    try:
        Choice.parse(who)
    except ValueError as error:
        raise ValueError(str(error).replace("person", "--people", 1)) from error
    chosen = METHODS[method]
    if chosen.plate == "none" and plate:
        raise ValueError(
            f"--plate {plate} would do nothing with --method {method}, which needs no plate: "
            "leave one of the two out, or choose --method auto or background"
        )
    if method == "key" and matte not in KEY_REGIONS:
        raise ValueError(
            f"--matte {matte} cannot say what a key keeps: choose {', '.join(KEY_REGIONS)}"
        )
    if method == "rvm" and matte not in ("auto", "rvm"):
        raise ValueError(
            f"--matte {matte} finds people for a plate, which --method {method} does without: "
            "leave one of the two out"
        )
    if chosen.plate == "alone" and plate:
        if matte not in ("auto", "none"):
            raise ValueError(
                f"--plate {plate} is the background already: with --method {method} --matte "
                f"{matte} would find people for nothing. Leave one of the two out."
            )
        if rvm_weights:
            raise ValueError(
                f"--rvm-weights {rvm_weights} would do nothing with --plate {plate} and --method "
                f"{method}: leave it out, or choose --method auto"
            )
    if alpha is None:
        return
    if method != "auto":
        raise ValueError(
            f"--alpha {alpha} is the base of --method auto and would do nothing with --method "
            f"{method}: leave one of the two out"
        )
    if matte != "auto":
        raise ValueError(
            f"--alpha {alpha} says where people are: --matte {matte} would find them for nothing. "
            "Leave one of the two out."
        )
    if not alpha.exists():
        raise FileNotFoundError(f"--alpha {alpha} is neither a video nor a folder of pictures")
