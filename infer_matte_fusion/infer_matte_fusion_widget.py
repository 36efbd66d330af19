"""The Studio panel, built from the parameter class: labels, bounds and order stand there."""

from .infer_matte_fusion_kit.panel import PluginPanel, PluginPanelFactory
from .parameters import InferMatteFusionParam


class InferMatteFusionWidget(PluginPanel):
    param_class = InferMatteFusionParam


class InferMatteFusionWidgetFactory(PluginPanelFactory):
    plugin = "infer_matte_fusion"
    panel_class = InferMatteFusionWidget
