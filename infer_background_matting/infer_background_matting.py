"""What Ikomia loads: hands out the factories, imports nothing else at once."""

from infer_background_matting.infer_background_matting_kit.factories import Plugin


class IkomiaPlugin(Plugin):
    plugin = "infer_background_matting"
