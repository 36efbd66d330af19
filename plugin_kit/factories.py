"""What Ikomia asks a plugin for: its factories and its metadata."""

import importlib
from dataclasses import dataclass
from typing import Any, ClassVar

from ikomia import core, dataprocess

from .asked import check_asked
from .parameters import PluginParam
from .version import REPOSITORY, VERSION


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """What Ikomia and its HUB say of a plugin; the names are theirs.

    ``min_ram`` and ``min_vram`` are in GB. Version and repository are the project's own.
    """

    name: str
    short_description: str
    path: str
    authors: str
    article: str
    article_url: str
    journal: str
    year: int
    documentation_link: str
    original_repository: str
    keywords: str
    algo_tasks: str
    algo_type: core.AlgoType = core.AlgoType.INFER
    license: str = "Apache-2.0"
    min_ikomia_version: str = "0.16.0"
    icon_path: str = "images/icon.png"
    min_cpu: int = 2
    min_ram: int = 4
    min_vram: int = 2
    gpu_required: bool = False

    def fill(self, info: Any) -> None:
        """Write everything into Ikomia's ``CTaskInfo``."""
        hardware = ("min_cpu", "min_ram", "min_vram", "gpu_required")
        for name in self.__dataclass_fields__:
            place = info.hardware_config if name in hardware else info
            setattr(place, name, getattr(self, name))
        info.version = VERSION
        info.repository = REPOSITORY


class PluginTaskFactory(dataprocess.CTaskFactory):
    """Describes the task to Ikomia and makes it."""

    metadata: ClassVar[Metadata]
    task_class: ClassVar[type]

    def __init__(self) -> None:
        super().__init__()
        self.metadata.fill(self.info)

    def create(self, param: PluginParam | None = None) -> Any:
        task = self.task_class(self.info.name, param)
        check_asked(self.info.name, task.get_param_object())
        return task


class PluginParamFactory(dataprocess.CTaskParamFactory):
    """Makes the parameter object by the plugin's name."""

    plugin: ClassVar[str]
    param_class: ClassVar[type[PluginParam]]

    def __init__(self) -> None:
        super().__init__()
        self.name = self.plugin

    def create(self) -> PluginParam:
        return self.param_class()


class Plugin(dataprocess.CPluginProcessInterface):
    """Base of the class ``IkomiaPlugin`` that Ikomia looks for: imports what is asked for only.

    The classes go by the plugin's name: ``infer_rvm`` has InferRvmFactory and InferRvmParamFactory
    in ``infer_rvm_process``, and InferRvmWidgetFactory in ``infer_rvm_widget``.
    """

    plugin: ClassVar[str]

    def get_process_factory(self) -> PluginTaskFactory:
        return self._made("process", "Factory")

    def get_widget_factory(self) -> Any:
        return self._made("widget", "WidgetFactory")

    def get_param_factory(self) -> PluginParamFactory:
        return self._made("process", "ParamFactory")

    def _made(self, module: str, ending: str) -> Any:
        found = importlib.import_module(f"{self.plugin}.{self.plugin}_{module}")
        return getattr(found, self.plugin.title().replace("_", "") + ending)()
