"""The Studio panel, built from the parameter class: labels, bounds and order stand there."""

from .extract_background_kit.panel import PluginPanel, PluginPanelFactory
from .parameters import ExtractBackgroundParam


class ExtractBackgroundWidget(PluginPanel):
    param_class = ExtractBackgroundParam


class ExtractBackgroundWidgetFactory(PluginPanelFactory):
    plugin = "extract_background"
    panel_class = ExtractBackgroundWidget
