"""An object detection as users put it upstream: an Ikomia plugin that always finds the same."""

from collections.abc import Sequence
from pathlib import Path

# Class, score, left, top, width, height.
Found = tuple[int, float, float, float, float, float]

PROCESS = """
from ikomia import core, dataprocess


class Detect(dataprocess.CObjectDetectionTask):
    def run(self):
        self.begin_task_run()
        self.forward_input_image(0, 0)
        self.set_names({names!r})
        if self.get_input(0).get_image().max() > 0:
            for index, found in enumerate({found!r}):
                self.add_object(index, *found)
        self.end_task_run()


class Factory(dataprocess.CTaskFactory):
    def __init__(self):
        super().__init__()
        self.info.name = {name!r}
        self.info.version = "1.0.0"
        self.info.min_ikomia_version = "0.16.0"
        self.info.algo_type = core.AlgoType.INFER

    def create(self, param=None):
        return Detect(self.info.name)

"""

PLUGIN = """
from ikomia import dataprocess


class IkomiaPlugin(dataprocess.CPluginProcessInterface):
    def get_process_factory(self):
        from {name}.{name}_process import Factory

        return Factory()

    def get_widget_factory(self):
        return None

    def get_param_factory(self):
        return None
"""


def write_detection(root: Path, name: str, names: Sequence[str], found: Sequence[Found]) -> Path:
    """Write the plugin ``name`` below ``root``; it finds nothing in a black picture."""
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / f"{name}.py").write_text(PLUGIN.format(name=name))
    process = PROCESS.format(name=name, names=list(names), found=list(found))
    (folder / f"{name}_process.py").write_text(process)
    return folder
