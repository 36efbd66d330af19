"""What Ikomia loads: hands out the factories, imports nothing else at once."""

from infer_smpl_fit.infer_smpl_fit_kit.factories import Plugin


class IkomiaPlugin(Plugin):
    """Entry point of the plugin."""

    plugin = "infer_smpl_fit"
