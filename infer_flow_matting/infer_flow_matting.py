"""What Ikomia loads: hands out the factories, imports nothing else at once."""

from infer_flow_matting.infer_flow_matting_kit.factories import Plugin


class IkomiaPlugin(Plugin):
    plugin = "infer_flow_matting"
