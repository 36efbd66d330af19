"""What Ikomia loads: hands out the factories, imports nothing else at once."""

from extract_background.extract_background_kit.factories import Plugin


class IkomiaPlugin(Plugin):
    """Entry point of the plugin."""

    plugin = "extract_background"
