"""What Ikomia loads: hands out the factories, imports nothing else at once."""

from infer_rvm.infer_rvm_kit.factories import Plugin


class IkomiaPlugin(Plugin):
    plugin = "infer_rvm"
