"""What Ikomia loads: hands out the factories, imports nothing else at once."""

from infer_matte_fusion.infer_matte_fusion_kit.factories import Plugin


class IkomiaPlugin(Plugin):
    """Entry point of the plugin."""

    plugin = "infer_matte_fusion"
