"""The Studio panel, built from the parameter class: labels, bounds and order stand there."""

from .infer_human_parsing_kit.panel import PluginPanel, PluginPanelFactory
from .parameters import InferHumanParsingParam


class InferHumanParsingWidget(PluginPanel):
    param_class = InferHumanParsingParam


class InferHumanParsingWidgetFactory(PluginPanelFactory):
    plugin = "infer_human_parsing"
    panel_class = InferHumanParsingWidget
