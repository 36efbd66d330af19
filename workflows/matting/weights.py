"""Which weights of background matting ``--weights auto`` stands for."""

from __future__ import annotations

from dataclasses import replace

from infer_background_matting.checkpoints import BUILTIN_BACKBONE, checkpoint_path
from workflows.matting.graph import MATTING
from workflows.matting.options import OPTIONS_OF, ChainOptions
from workflows.matting.report import ChainReport


def with_weights(options: ChainOptions, report: ChainReport) -> ChainOptions:
    """The options with ``official`` or ``builtin`` in the place of ``auto``; ``report`` says why.

    Official weights are taken where they were fetched before or can be fetched now.

    Raises:
        RuntimeError: They cannot be had, and there are no built-in ones for the backbone.
    """
    report.weights, report.weights_reason = options.weights, "they were asked for"
    if options.weights != "auto":
        return options
    backbone = options.backbone or BUILTIN_BACKBONE
    try:
        with report.timed("load networks"):
            checkpoint_path("official", backbone, "")
    except RuntimeError as error:
        if backbone != BUILTIN_BACKBONE:
            raise RuntimeError(
                f"{MATTING}: {error} (In this command {OPTIONS_OF[MATTING]}; built-in ones are "
                f"there for --backbone {BUILTIN_BACKBONE} only.)"
            ) from error
        report.weights, report.weights_reason = "builtin", "the official ones are not to be had"
        report.warn(f"Background matting's built-in weights are used, not the official: {error}")
    else:
        report.weights, report.weights_reason = "official", "they were found"
    return replace(options, weights=report.weights)
