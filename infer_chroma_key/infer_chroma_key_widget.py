"""The Studio panel, built from the parameter class: labels, bounds and order stand there."""

from .infer_chroma_key_kit.panel import PluginPanel, PluginPanelFactory
from .parameters import InferChromaKeyParam


class InferChromaKeyWidget(PluginPanel):
    param_class = InferChromaKeyParam


class InferChromaKeyWidgetFactory(PluginPanelFactory):
    plugin = "infer_chroma_key"
    panel_class = InferChromaKeyWidget
