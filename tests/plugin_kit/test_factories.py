"""What Ikomia asks a plugin for."""

import sys
import types

import pytest
from ikomia import core, dataprocess

from plugin_kit import factories
from plugin_kit.factories import Metadata, Plugin, PluginParamFactory, PluginTaskFactory
from plugin_kit.parameters import PluginParam, PluginSettings
from plugin_kit.version import REPOSITORY, VERSION

WORDS = {
    "name": "infer_some_thing",
    "short_description": "Does some thing",
    "path": "Plugins/Python/Some",
    "authors": "A. Author",
    "article": "On some things",
    "article_url": "https://example.org/article",
    "journal": "Things",
    "year": 2020,
    "documentation_link": "https://example.org",
    "original_repository": "https://example.org/code",
    "keywords": "some,thing,else",
    "algo_tasks": "OTHER",
}


class Settings(PluginSettings):
    count: int = 1


class InferSomeThingParam(PluginParam):
    settings_class = Settings


class InferSomeThing(dataprocess.C2dImageTask):
    def __init__(self, name, param):
        super().__init__(name, False)
        self.set_param_object(param or InferSomeThingParam())


class InferSomeThingFactory(PluginTaskFactory):
    task_class = InferSomeThing
    metadata = Metadata(**WORDS, min_ram=6, gpu_required=False)


class InferSomeThingParamFactory(PluginParamFactory):
    plugin = "infer_some_thing"
    param_class = InferSomeThingParam


class InferSomeThingWidgetFactory(dataprocess.CWidgetFactory):
    pass


class IkomiaPlugin(Plugin):
    plugin = "infer_some_thing"


@pytest.fixture
def modules(monkeypatch):
    """The plugin's files as modules; nothing of the widget's until it is asked for."""
    process = types.ModuleType("infer_some_thing.infer_some_thing_process")
    process.InferSomeThingFactory = InferSomeThingFactory
    process.InferSomeThingParamFactory = InferSomeThingParamFactory
    monkeypatch.setitem(sys.modules, "infer_some_thing", types.ModuleType("infer_some_thing"))
    monkeypatch.setitem(sys.modules, process.__name__, process)
    return monkeypatch


def test_metadata_reaches_ikomia():
    info = InferSomeThingFactory().info
    assert {key: getattr(info, key) for key in WORDS} == WORDS
    assert info.version == VERSION
    assert (info.license, info.icon_path) == ("Apache-2.0", "images/icon.png")
    assert info.algo_type == core.AlgoType.INFER
    hardware = info.hardware_config
    assert (hardware.min_cpu, hardware.min_ram, hardware.min_vram) == (2, 6, 2)
    assert hardware.gpu_required is False


def test_the_address_is_the_projects(monkeypatch):
    assert InferSomeThingFactory().info.repository == REPOSITORY
    monkeypatch.setattr(factories, "REPOSITORY", "https://example.org/ours")
    assert InferSomeThingFactory().info.repository == "https://example.org/ours"


def test_a_trainer_is_told_apart():
    info = dataprocess.CTaskInfo()
    Metadata(**WORDS, algo_type=core.AlgoType.TRAIN).fill(info)
    assert info.algo_type == core.AlgoType.TRAIN


def test_metadata_that_is_missing_is_noticed():
    with pytest.raises(TypeError, match="keywords"):
        Metadata(**{key: value for key, value in WORDS.items() if key != "keywords"})


def test_a_task_is_made_with_and_without_parameters():
    factory = InferSomeThingFactory()
    assert factory.create().name == "infer_some_thing"
    param = InferSomeThingParam()
    param.set_values({"count": 5})
    assert factory.create(param).get_parameters() == {"count": "5"}


def test_parameters_are_made_by_the_plugins_name():
    factory = InferSomeThingParamFactory()
    assert factory.name == "infer_some_thing"
    assert isinstance(factory.create(), InferSomeThingParam)


def test_classes_go_by_the_plugins_name(modules):
    plugin = IkomiaPlugin()
    assert isinstance(plugin.get_process_factory(), InferSomeThingFactory)
    assert isinstance(plugin.get_param_factory(), InferSomeThingParamFactory)


def test_the_panel_is_imported_when_it_is_asked_for(modules):
    plugin = IkomiaPlugin()
    with pytest.raises(ModuleNotFoundError):
        plugin.get_widget_factory()
    widget = types.ModuleType("infer_some_thing.infer_some_thing_widget")
    widget.InferSomeThingWidgetFactory = InferSomeThingWidgetFactory
    modules.setitem(sys.modules, widget.__name__, widget)
    assert isinstance(plugin.get_widget_factory(), InferSomeThingWidgetFactory)
