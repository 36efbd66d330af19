"""What Ikomia loads: hands out the factories, imports nothing else at once."""

from train_flow_matting.train_flow_matting_kit.factories import Plugin


class IkomiaPlugin(Plugin):
    plugin = "train_flow_matting"
