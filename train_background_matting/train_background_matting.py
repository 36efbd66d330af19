"""What Ikomia loads: hands out the factories, imports nothing else at once."""

from train_background_matting.train_background_matting_kit.factories import Plugin


class IkomiaPlugin(Plugin):
    plugin = "train_background_matting"
