"""Mattes from optical flow, or made stable with it; numpy and torch, no ikomia, no files."""

from .flow import DenseFlow, DisFlow, RaftFlow
from .matte_metrics import MatteScore, score_clip
from .matter import FlowMatte, FlowMatter, TrainedNetwork
from .network import FlowMattingNetwork
from .refining import FlowRefiner, Refined, refine_clip

__all__ = [
    "DenseFlow",
    "DisFlow",
    "FlowMatte",
    "FlowMatter",
    "FlowMattingNetwork",
    "FlowRefiner",
    "MatteScore",
    "RaftFlow",
    "Refined",
    "TrainedNetwork",
    "refine_clip",
    "score_clip",
]
