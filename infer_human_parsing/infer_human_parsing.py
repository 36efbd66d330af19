"""What Ikomia loads: hands out the factories, imports nothing else at once."""

from infer_human_parsing.infer_human_parsing_kit.factories import Plugin


class IkomiaPlugin(Plugin):
    plugin = "infer_human_parsing"
