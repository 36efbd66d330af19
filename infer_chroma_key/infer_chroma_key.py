"""What Ikomia loads: hands out the factories, imports nothing else at once."""

from infer_chroma_key.infer_chroma_key_kit.factories import Plugin


class IkomiaPlugin(Plugin):
    """Entry point of the plugin."""

    plugin = "infer_chroma_key"
