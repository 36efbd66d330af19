"""What Ikomia loads: hands out the factories, imports nothing else at once."""

from infer_flow_matting.infer_flow_matting_kit.factories import Plugin


class IkomiaPlugin(Plugin):
    """Entry point of the plugin."""

    plugin = "infer_flow_matting"
