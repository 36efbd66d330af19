"""The Studio panel, built from the parameter class: labels, bounds and order stand there."""

from .infer_multiview_triangulation_kit.panel import PluginPanel, PluginPanelFactory
from .parameters import InferMultiviewTriangulationParam


class InferMultiviewTriangulationWidget(PluginPanel):
    param_class = InferMultiviewTriangulationParam


class InferMultiviewTriangulationWidgetFactory(PluginPanelFactory):
    plugin = "infer_multiview_triangulation"
    panel_class = InferMultiviewTriangulationWidget
