"""The Studio panel, built from the parameter class: labels, bounds and order stand there."""

from .parameters import TrainBackgroundMattingParam
from .train_background_matting_kit.panel import PluginPanel, PluginPanelFactory


class TrainBackgroundMattingWidget(PluginPanel):
    param_class = TrainBackgroundMattingParam


class TrainBackgroundMattingWidgetFactory(PluginPanelFactory):
    plugin = "train_background_matting"
    panel_class = TrainBackgroundMattingWidget
