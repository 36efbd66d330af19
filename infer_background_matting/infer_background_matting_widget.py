"""The Studio panel, built from the parameter class: labels, bounds and order stand there."""

from .infer_background_matting_kit.panel import PluginPanel, PluginPanelFactory
from .parameters import InferBackgroundMattingParam


class InferBackgroundMattingWidget(PluginPanel):
    param_class = InferBackgroundMattingParam


class InferBackgroundMattingWidgetFactory(PluginPanelFactory):
    plugin = "infer_background_matting"
    panel_class = InferBackgroundMattingWidget
