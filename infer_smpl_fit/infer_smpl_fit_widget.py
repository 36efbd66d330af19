"""The Studio panel, built from the parameter class: labels, bounds and order stand there."""

from .infer_smpl_fit_kit.panel import PluginPanel, PluginPanelFactory
from .parameters import InferSmplFitParam


class InferSmplFitWidget(PluginPanel):
    param_class = InferSmplFitParam


class InferSmplFitWidgetFactory(PluginPanelFactory):
    plugin = "infer_smpl_fit"
    panel_class = InferSmplFitWidget
