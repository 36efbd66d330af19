"""What Ikomia loads: hands out the factories, nothing else."""

from ikomia import dataprocess


class IkomiaPlugin(dataprocess.CPluginProcessInterface):
    """Entry point of the plugin."""

    def get_process_factory(self):  # noqa: ANN201
        from train_flow_matting.train_flow_matting_process import (
            TrainFlowMattingFactory,
        )

        return TrainFlowMattingFactory()

    def get_widget_factory(self):  # noqa: ANN201
        from train_flow_matting.train_flow_matting_widget import (
            TrainFlowMattingWidgetFactory,
        )

        return TrainFlowMattingWidgetFactory()

    def get_param_factory(self):  # noqa: ANN201
        from train_flow_matting.train_flow_matting_process import (
            TrainFlowMattingParamFactory,
        )

        return TrainFlowMattingParamFactory()
