"""The Studio panel, built from the parameter class: labels, bounds and order stand there."""

from .infer_people_kit.panel import PluginPanel, PluginPanelFactory
from .parameters import InferPeopleParam


class InferPeopleWidget(PluginPanel):
    param_class = InferPeopleParam


class InferPeopleWidgetFactory(PluginPanelFactory):
    plugin = "infer_people"
    panel_class = InferPeopleWidget
