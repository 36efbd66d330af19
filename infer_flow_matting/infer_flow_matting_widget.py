"""The Studio panel, built from the parameter class: labels, bounds and order stand there."""

from .infer_flow_matting_kit.panel import PluginPanel, PluginPanelFactory
from .parameters import InferFlowMattingParam


class InferFlowMattingWidget(PluginPanel):
    param_class = InferFlowMattingParam


class InferFlowMattingWidgetFactory(PluginPanelFactory):
    plugin = "infer_flow_matting"
    panel_class = InferFlowMattingWidget
