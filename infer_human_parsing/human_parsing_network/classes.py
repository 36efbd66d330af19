"""The label sets that SCHP checkpoints were trained on, their order, input sizes and mirror pairs.

Only the order of the labels is the data sets'; no data and no weights come with it.
"""

from dataclasses import dataclass

# Of the crops' pixels / 255, in the order in which OpenCV reads them.
MEAN_BGR = (0.406, 0.456, 0.485)
DEVIATION_BGR = (0.225, 0.224, 0.229)


@dataclass(frozen=True)
class ClassSet:
    """Names by label (0 is the background), side of the network's square input, mirror pairs."""

    name: str
    names: tuple[str, ...]
    input_size: int
    mirror_pairs: tuple[tuple[int, int], ...] = ()

    def mirrored(self) -> list[int]:
        """For each label the one that it becomes in a mirrored picture."""
        order = list(range(len(self.names)))
        for left, right in self.mirror_pairs:
            order[left], order[right] = right, left
        return order


# fmt: off
_LIP_NAMES = (
    "Background", "Hat", "Hair", "Glove", "Sunglasses", "Upper-clothes", "Dress", "Coat", "Socks",
    "Pants", "Jumpsuits", "Scarf", "Skirt", "Face", "Left-arm", "Right-arm", "Left-leg",
    "Right-leg", "Left-shoe", "Right-shoe",
)
_ATR_NAMES = (
    "Background", "Hat", "Hair", "Sunglasses", "Upper-clothes", "Skirt", "Pants", "Dress", "Belt",
    "Left-shoe", "Right-shoe", "Face", "Left-leg", "Right-leg", "Left-arm", "Right-arm", "Bag",
    "Scarf",
)
_PASCAL_NAMES = (
    "Background", "Head", "Torso", "Upper Arms", "Lower Arms", "Upper Legs", "Lower Legs",
)
# fmt: on
_CIHP_NAMES = tuple("Torso-skin" if name == "Jumpsuits" else name for name in _LIP_NAMES)
_LIP_PAIRS = ((14, 15), (16, 17), (18, 19))

LIP = ClassSet("lip", _LIP_NAMES, 473, _LIP_PAIRS)
CIHP = ClassSet("cihp", _CIHP_NAMES, 473, _LIP_PAIRS)
ATR = ClassSet("atr", _ATR_NAMES, 512, ((9, 10), (12, 13), (14, 15)))
PASCAL = ClassSet("pascal", _PASCAL_NAMES, 512)
CLASS_SETS = {classes.name: classes for classes in (LIP, ATR, PASCAL, CIHP)}
