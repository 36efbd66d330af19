"""What Ikomia loads: hands out the factories, nothing else."""

from ikomia import dataprocess


class IkomiaPlugin(dataprocess.CPluginProcessInterface):
    """Entry point of the plugin."""

    def get_process_factory(self):  # noqa: ANN201
        from infer_flow_matting.infer_flow_matting_process import (
            InferFlowMattingFactory,
        )

        return InferFlowMattingFactory()

    def get_widget_factory(self):  # noqa: ANN201
        from infer_flow_matting.infer_flow_matting_widget import (
            InferFlowMattingWidgetFactory,
        )

        return InferFlowMattingWidgetFactory()

    def get_param_factory(self):  # noqa: ANN201
        from infer_flow_matting.infer_flow_matting_process import (
            InferFlowMattingParamFactory,
        )

        return InferFlowMattingParamFactory()
