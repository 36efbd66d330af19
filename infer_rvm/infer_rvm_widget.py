"""The Studio panel, built from the parameter class: labels, bounds and order stand there."""

from .infer_rvm_kit.panel import PluginPanel, PluginPanelFactory
from .parameters import InferRvmParam


class InferRvmWidget(PluginPanel):
    param_class = InferRvmParam


class InferRvmWidgetFactory(PluginPanelFactory):
    plugin = "infer_rvm"
    panel_class = InferRvmWidget
