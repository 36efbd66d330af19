"""What Ikomia loads: hands out the factories, nothing else."""

from ikomia import dataprocess


class IkomiaPlugin(dataprocess.CPluginProcessInterface):
    """Entry point of the plugin."""

    def get_process_factory(self):  # noqa: ANN201
        from infer_background_matting.infer_background_matting_process import (
            InferBackgroundMattingFactory,
        )

        return InferBackgroundMattingFactory()

    def get_widget_factory(self):  # noqa: ANN201
        from infer_background_matting.infer_background_matting_widget import (
            InferBackgroundMattingWidgetFactory,
        )

        return InferBackgroundMattingWidgetFactory()

    def get_param_factory(self):  # noqa: ANN201
        from infer_background_matting.infer_background_matting_process import (
            InferBackgroundMattingParamFactory,
        )

        return InferBackgroundMattingParamFactory()
