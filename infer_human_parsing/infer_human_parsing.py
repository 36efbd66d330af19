"""What Ikomia loads: hands out the factories, nothing else."""

from ikomia import dataprocess


class IkomiaPlugin(dataprocess.CPluginProcessInterface):
    """Entry point of the plugin."""

    def get_process_factory(self):  # noqa: ANN201
        from infer_human_parsing.infer_human_parsing_process import (
            InferHumanParsingFactory,
        )

        return InferHumanParsingFactory()

    def get_widget_factory(self):  # noqa: ANN201
        from infer_human_parsing.infer_human_parsing_widget import (
            InferHumanParsingWidgetFactory,
        )

        return InferHumanParsingWidgetFactory()

    def get_param_factory(self):  # noqa: ANN201
        from infer_human_parsing.infer_human_parsing_process import (
            InferHumanParsingParamFactory,
        )

        return InferHumanParsingParamFactory()
