"""A user's foregrounds and plates, composites, losses and the loop that trains; no ikomia."""

from .asset_files import AssetFile, Split, find_backgrounds, find_foregrounds, split_files
from .augmentation import PLAIN, Augmentation
from .options import Rates, TrainingOptions
from .preparation import Preparation, prepare
from .reporting import check_resumable, training_report
from .start import network_from, untrained
from .training import Progress, Trainer
from .training_data import Pools, TrainingData

__all__ = [
    "PLAIN",
    "AssetFile",
    "Augmentation",
    "Pools",
    "Preparation",
    "Progress",
    "Rates",
    "Split",
    "Trainer",
    "TrainingData",
    "TrainingOptions",
    "check_resumable",
    "find_backgrounds",
    "find_foregrounds",
    "network_from",
    "prepare",
    "split_files",
    "training_report",
    "untrained",
]
