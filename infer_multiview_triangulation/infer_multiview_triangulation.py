"""What Ikomia loads: hands out the factories, imports nothing else at once."""

from infer_multiview_triangulation.infer_multiview_triangulation_kit.factories import Plugin


class IkomiaPlugin(Plugin):
    """Entry point of the plugin."""

    plugin = "infer_multiview_triangulation"
