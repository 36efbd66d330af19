"""Networks that are built once: to build one and read its weights is a second of work."""

import functools
import importlib
from contextlib import contextmanager
from pathlib import Path

import pytest

from workflows.plugins import load_plugin

# What builds a network, or wraps one that is built; each gives what later calls may share.
BUILDERS = {
    "infer_background_matting": ("network_of", "matting_of"),
    "infer_human_parsing": ("load_network", "HumanParser"),
}


@contextmanager
def built_once():
    """Let the tasks of the matting plugins share networks of equal weights and settings."""
    with pytest.MonkeyPatch.context() as patch:
        for plugin, names in BUILDERS.items():
            process = _process_of(plugin)
            for name in names:
                patch.setattr(process, name, _kept(getattr(process, name)))
        # A stream remembers frames, and so it stays a task's own.
        process = _process_of("infer_rvm")
        patch.setattr(process, "stream_of", functools.partial(_stream, process))
        yield


def _process_of(plugin):
    load_plugin(plugin)
    return importlib.import_module(f"{plugin}.{plugin}_process")


@functools.cache
def _kept(build):
    kept = {}

    def once(*arguments, **named):
        given = (*arguments, *sorted(named.items()))
        key = (given, tuple(_stamp(value) for value in given))
        if key not in kept:
            kept[key] = build(*arguments, **named)
        return kept[key]

    return once


def _stamp(value):
    """What tells a file that was written again from what it was."""
    if not isinstance(value, str | Path) or not Path(value).is_file():
        return None
    status = Path(value).stat()
    return status.st_mtime_ns, status.st_size


def _stream(process, model_name, refiner, weight_file, **runtime):
    path = process.checkpoint_path(model_name, weight_file)
    network = _kept(_rvm_network)(process, model_name, refiner, path)
    return process.MattingStream(network, **runtime)


def _rvm_network(process, model_name, refiner, path):
    network = process.MattingNetwork(model_name, refiner)
    process.load_checkpoint(network, path)
    return network
