"""What Ikomia loads: hands out the factories, nothing else."""

from ikomia import dataprocess


class IkomiaPlugin(dataprocess.CPluginProcessInterface):
    """Entry point of the plugin."""

    def get_process_factory(self):  # noqa: ANN201
        from extract_background.extract_background_process import (
            ExtractBackgroundFactory,
        )

        return ExtractBackgroundFactory()

    def get_widget_factory(self):  # noqa: ANN201
        from extract_background.extract_background_widget import (
            ExtractBackgroundWidgetFactory,
        )

        return ExtractBackgroundWidgetFactory()

    def get_param_factory(self):  # noqa: ANN201
        from extract_background.extract_background_process import (
            ExtractBackgroundParamFactory,
        )

        return ExtractBackgroundParamFactory()
