"""What Ikomia loads: hands out the factories, nothing else."""

from ikomia import dataprocess


class IkomiaPlugin(dataprocess.CPluginProcessInterface):
    """Entry point of the plugin."""

    def get_process_factory(self):  # noqa: ANN201
        from infer_rvm.infer_rvm_process import (
            InferRvmFactory,
        )

        return InferRvmFactory()

    def get_widget_factory(self):  # noqa: ANN201
        from infer_rvm.infer_rvm_widget import (
            InferRvmWidgetFactory,
        )

        return InferRvmWidgetFactory()

    def get_param_factory(self):  # noqa: ANN201
        from infer_rvm.infer_rvm_process import (
            InferRvmParamFactory,
        )

        return InferRvmParamFactory()
