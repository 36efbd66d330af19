"""The Studio panel, built from the parameter class: labels, bounds and order stand there."""

from .parameters import TrainFlowMattingParam
from .train_flow_matting_kit.panel import PluginPanel, PluginPanelFactory


class TrainFlowMattingWidget(PluginPanel):
    param_class = TrainFlowMattingParam


class TrainFlowMattingWidgetFactory(PluginPanelFactory):
    plugin = "train_flow_matting"
    panel_class = TrainFlowMattingWidget
