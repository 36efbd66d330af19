"""Mattes from optical flow, or made stable with it; numpy and torch, no ikomia, no files."""

from ..infer_flow_matting_kit.flow.dense_flow import DenseFlow, DisFlow, RaftFlow
from .refining import FlowRefiner, RefinedMatte, refine_clip
from .stream import FlowMatte, FlowMattingStream, TrainedNetwork
