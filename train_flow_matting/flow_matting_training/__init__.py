"""Clips, flow, losses and the loop that trains the flow matting network; no ikomia."""

from .clip_files import ClipFiles, Split, find_clips, split_clips
from .keyed_clips import KeyingOptions, make_keyed_clips
from .prepared import PreparedClip, prepare_clip
from .training import Progress, Trainer, TrainingOptions
