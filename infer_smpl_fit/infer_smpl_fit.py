"""What Ikomia loads: hands out the factories, nothing else."""

from ikomia import dataprocess


class IkomiaPlugin(dataprocess.CPluginProcessInterface):
    """Entry point of the plugin."""

    def get_process_factory(self):  # noqa: ANN201
        from infer_smpl_fit.infer_smpl_fit_process import (
            InferSmplFitFactory,
        )

        return InferSmplFitFactory()

    def get_widget_factory(self):  # noqa: ANN201
        from infer_smpl_fit.infer_smpl_fit_widget import (
            InferSmplFitWidgetFactory,
        )

        return InferSmplFitWidgetFactory()

    def get_param_factory(self):  # noqa: ANN201
        from infer_smpl_fit.infer_smpl_fit_process import (
            InferSmplFitParamFactory,
        )

        return InferSmplFitParamFactory()
