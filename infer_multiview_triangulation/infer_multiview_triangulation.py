"""What Ikomia loads: hands out the factories, nothing else."""

from ikomia import dataprocess


class IkomiaPlugin(dataprocess.CPluginProcessInterface):
    """Entry point of the plugin."""

    def get_process_factory(self):  # noqa: ANN201
        from infer_multiview_triangulation.infer_multiview_triangulation_process import (
            InferMultiviewTriangulationFactory,
        )

        return InferMultiviewTriangulationFactory()

    def get_widget_factory(self):  # noqa: ANN201
        from infer_multiview_triangulation.infer_multiview_triangulation_widget import (
            InferMultiviewTriangulationWidgetFactory,
        )

        return InferMultiviewTriangulationWidgetFactory()

    def get_param_factory(self):  # noqa: ANN201
        from infer_multiview_triangulation.infer_multiview_triangulation_process import (
            InferMultiviewTriangulationParamFactory,
        )

        return InferMultiviewTriangulationParamFactory()
