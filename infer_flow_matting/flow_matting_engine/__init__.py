"""Mattes made stable along the optical flow; numpy, no ikomia, no files.

Mattes by a trained network, which need torch, are in :mod:`.stream`.
"""

from ..infer_flow_matting_kit.flow.dense_flow import DenseFlow, DisFlow
from .refining import FlowRefiner, RefinedMatte, refine_clip
