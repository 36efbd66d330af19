"""Every panel, offscreen: built from the parameters, applied, and refusing bad values."""

import importlib

import pytest

pytest.importorskip("PyQt6.QtWidgets", reason="panels need PyQt6")

PANELS = {
    "infer_rvm": ("InferRvm", {"sequence": "stream", "composite_color": "1,2,3"}),
    "extract_background": ("ExtractBackground", {"method": "gmm", "stride": "3"}),
    "infer_background_matting": (
        "InferBackgroundMatting",
        {"model_refine_mode": "full", "align_background": "True"},
    ),
    "train_flow_matting": ("TrainFlowMatting", {"monitoring": "off", "resume": "True"}),
    "infer_flow_matting": ("InferFlowMatting", {"timing": "causal", "flow_size": "320"}),
}


@pytest.fixture(scope="module")
def application():
    from PyQt6.QtWidgets import QApplication

    return QApplication.instance() or QApplication([])


def panel_of(name):
    prefix, _ = PANELS[name]
    module = importlib.import_module(f"{name}.{name}_widget")
    parameters = getattr(importlib.import_module(f"{name}.parameters"), f"{prefix}Param")()
    return getattr(module, f"{prefix}Widget")(parameters, None), parameters


@pytest.mark.parametrize("name", PANELS)
def test_panel_shows_the_parameters_as_they_are(application, name):
    panel, parameters = panel_of(name)
    settings = type(parameters.settings)
    assert list(panel.controls) == list(settings.model_fields)
    assert settings.model_validate(panel.values()) == parameters.settings


@pytest.mark.parametrize("name", PANELS)
def test_apply_hands_changes_on(application, name):
    panel, parameters = panel_of(name)
    for key, value in PANELS[name][1].items():
        control = panel.controls[key]
        if hasattr(control, "setCurrentText"):
            control.setCurrentText(value)
        elif hasattr(control, "setChecked"):
            control.setChecked(value == "True")
        elif hasattr(control, "setValue"):
            control.setValue(int(value))
        else:
            control.setText(value)
    panel.on_apply()
    assert PANELS[name][1].items() <= parameters.get_values().items()
    assert panel.message.text() == ""


def test_bad_value_is_shown_and_changes_nothing(application):
    panel, parameters = panel_of("infer_rvm")
    before = parameters.get_values()
    panel.controls["downsample_ratio"].setText("seven")
    panel.on_apply()
    assert "downsample_ratio" in panel.message.text()
    assert parameters.get_values() == before
