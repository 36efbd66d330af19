"""Parameters through Ikomia's map of strings and back."""

from typing import Literal

import pytest
from ikomia import dataprocess
from pydantic import Field, ValidationError

from plugin_kit.parameters import PluginParam, PluginSettings


class Settings(PluginSettings):
    method: Literal["mean", "median"] = "mean"
    count: int = Field(3, ge=1, le=9)
    share: float = Field(0.5, gt=0, lt=1)
    smooth: bool = False
    model_file: str = ""


class Param(PluginParam):
    settings_class = Settings
    settings: Settings
    old_names = {"smoothing": "smooth", "frames": "count"}


OTHERS = {"method": "median", "count": "9", "share": "0.25", "smooth": "True", "model_file": "a b"}


def test_defaults_are_strings_to_ikomia():
    assert Param().get_values() == {
        "method": "mean",
        "count": "3",
        "share": "0.5",
        "smooth": "False",
        "model_file": "",
        "smoothing": "",
        "frames": "",
    }


def test_strings_become_what_they_mean():
    param = Param()
    param.set_values(OTHERS)
    assert param.settings == Settings(
        method="median", count=9, share=0.25, smooth=True, model_file="a b"
    )
    again = Param()
    again.set_values(param.get_values())
    assert again.settings == param.settings


def test_what_is_not_named_stays():
    param = Param()
    param.set_values({"count": 7})
    param.set_values({"method": "median"})
    assert (param.settings.count, param.settings.method) == (7, "median")


@pytest.mark.parametrize(
    "bad", [{"method": "mode"}, {"count": "0"}, {"count": "many"}, {"share": "1"}, {"smooth": "?"}]
)
def test_a_bad_value_changes_nothing_and_is_named(bad):
    param = Param()
    param.set_values(OTHERS)
    before = param.get_values()
    with pytest.raises(ValueError, match=next(iter(bad))):
        param.set_values({"model_file": "other", **bad})
    assert param.get_values() == before


def test_old_names_win_where_they_have_a_value():
    param = Param()
    param.set_values({"count": "3", "frames": "8", "smoothing": ""})
    assert param.settings.count == 8 and param.settings.smooth is False
    param.set_values({"smoothing": False, "smooth": "True"})
    assert param.settings.smooth is False


def test_unknown_names_are_ignored():
    param = Param()
    param.set_values({"nothing_of_ours": "1"})
    assert param.settings == Settings()


def test_settings_cannot_be_changed_in_place():
    with pytest.raises(ValidationError):
        Settings().count = 4


def test_objects_do_not_share_settings():
    one, other = Param(), Param()
    one.set_values({"count": 5})
    assert other.settings.count == 3


def test_ikomia_carries_old_names_to_a_task():
    """Ikomia hands on only keys that ``get_values`` knows."""
    task = dataprocess.C2dImageTask("some task", False)
    task.set_param_object(Param())
    task.set_parameters({"frames": "4", "method": "median"})
    settings = task.get_param_object().settings
    assert (settings.count, settings.method) == (4, "median")
