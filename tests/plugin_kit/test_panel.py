"""The panel's controls, from settings made for it; ``test_panels.py`` tries those of the plugins."""

from typing import Literal

import pytest
from pydantic import Field, field_validator

pytest.importorskip("PyQt6.QtWidgets", reason="panels need PyQt6")

from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QColor, QWheelEvent
from PyQt6.QtWidgets import (
    QApplication,
    QCheckBox,
    QColorDialog,
    QDoubleSpinBox,
    QFileDialog,
    QLineEdit,
    QPushButton,
    QSpinBox,
)

from plugin_kit.controls import ChoiceBox, ColourRow, PathRow, filters_of
from plugin_kit.panel import PluginPanel, PluginPanelFactory
from plugin_kit.parameters import ColourText, PluginParam, PluginSettings


def row(default, label, **hints):
    bounds = {key: hints.pop(key) for key in ("ge", "gt", "le", "lt") if key in hints}
    return Field(
        default, description=f"About {label}", json_schema_extra={"label": label, **hints}, **bounds
    )


class Settings(PluginSettings):
    method: Literal["auto", "mean", "median"] = row("mean", "Method", words={"mean": "the mean"})
    count: int = row(3, "Count", ge=0, le=9, unit="frames", lowest_means="all", step=2)
    open: int = row(5, "Open", gt=1, lt=8)
    share: float = row(0.25, "Share", gt=0, lt=1, decimals=3)
    smooth: bool = row(False, "Smooth", only_if={"method": ["median"]})
    words: str = row("", "Words")
    colour: ColourText = row("1,2,3", "Colour")
    model_file: str = row("", "Model", files="Models (*.pkl)")
    output_folder: str = row("", "Output")
    keypoints_path: str = row("", "Keypoints", browse="either")
    depth: int = row(
        1, "Depth", ge=0, le=5, advanced=True, only_if=[{"words": ["*"]}, {"smooth": ["True"]}]
    )

    @field_validator("words")
    @classmethod
    def _is_polite(cls, value):
        if value == "rude":
            raise ValueError("be polite")
        return value


class Param(PluginParam):
    settings_class = Settings


class Panel(PluginPanel):
    param_class = Param


class Factory(PluginPanelFactory):
    plugin = "infer_x"
    panel_class = Panel


@pytest.fixture(scope="module", autouse=True)
def application():
    yield QApplication.instance() or QApplication([])


@pytest.fixture
def panel():
    panel = Factory().create(Param())
    panel.applied = []
    panel.emit_apply = panel.applied.append
    return panel


def is_shown(panel, name):
    return not panel.controls[name].isHidden()


def test_the_factory_goes_by_the_plugins_name():
    assert Factory().name == "infer_x"
    assert isinstance(Factory().create(None).parameters, Param)


def test_types_choose_the_controls(panel):
    kinds = {name: type(control) for name, control in panel.controls.items()}
    assert kinds == {
        "method": ChoiceBox,
        "count": QSpinBox,
        "open": QSpinBox,
        "share": QDoubleSpinBox,
        "smooth": QCheckBox,
        "words": QLineEdit,
        "colour": ColourRow,
        "model_file": PathRow,
        "output_folder": PathRow,
        "keypoints_path": PathRow,
        "depth": QSpinBox,
    }


def test_bounds_and_hints_reach_the_spin_boxes(panel):
    count, share, inner = (panel.controls[name] for name in ("count", "share", "open"))
    assert (count.minimum(), count.maximum(), count.singleStep()) == (0, 9, 2)
    assert count.suffix() == " frames" and count.specialValueText() == "all"
    assert (inner.minimum(), inner.maximum()) == (2, 7)
    assert share.decimals() == 3
    assert (share.minimum(), share.maximum()) == pytest.approx((0.001, 0.999))


@pytest.mark.parametrize(
    ("name", "buttons"),
    [
        ("model_file", ["File…"]),
        ("output_folder", ["Folder…"]),
        ("keypoints_path", ["File…", "Folder…"]),
    ],
)
def test_paths_can_be_browsed_for(panel, name, buttons):
    found = panel.controls[name].findChildren(QPushButton)
    assert [button.text() for button in found] == buttons


def test_choices_are_shown_in_words_and_handed_on_by_their_names(panel):
    method = panel.controls["method"]
    shown = [method.itemText(index) for index in range(method.count())]
    assert shown == ["automatic", "the mean", "median"]
    assert panel.values()["method"] == method.choice() == "mean"
    method.setCurrentText("automatic")
    assert panel.values()["method"] == "auto"
    assert method.itemData(0, Qt.ItemDataRole.ToolTipRole) == "auto"


def test_a_colour_can_be_picked_and_the_dialog_left(panel, monkeypatch):
    row = panel.controls["colour"]
    began = []

    def pick(colour, *_):
        began.append(colour.getRgb()[:3])
        return QColor(4, 5, 6)

    monkeypatch.setattr(QColorDialog, "getColor", pick)
    row.button.click()
    assert (began, panel.values()["colour"]) == ([(1, 2, 3)], "4,5,6")
    monkeypatch.setattr(QColorDialog, "getColor", lambda *_: QColor())
    row.button.click()
    assert panel.values()["colour"] == "4,5,6"
    row.edit.setText("no colour")
    panel.on_apply()
    assert "Colour (colour)" in panel.message.text()


def test_dialogs_offer_the_files_that_are_meant(panel, monkeypatch):
    offered = []

    def choose(parent, title, given, filters):
        offered.append(filters)
        return "", ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", choose)
    panel.controls["model_file"].browse("file")
    panel.controls["keypoints_path"].browse("file")
    assert offered == ["Models (*.pkl);;All files (*)", "All files (*)"]
    assert filters_of("alpha_video_path").startswith("Videos (*.mp4")
    assert filters_of("mask_weight_file").startswith("Weights (*.pth")


def test_applying_hands_on_what_is_shown(panel):
    panel.controls["method"].setCurrentText("median")
    panel.controls["count"].setValue(7)
    panel.controls["model_file"].edit.setText("a b.pth")
    panel.on_apply()
    settings = panel.parameters.settings
    assert (settings.method, settings.count, settings.model_file) == ("median", 7, "a b.pth")
    assert panel.applied == [panel.parameters]


def test_what_was_not_touched_stays_exact(panel):
    panel.parameters.set_values({"share": 0.123456789})
    panel.on_parameters_changed()
    panel.controls["count"].setValue(1)
    panel.on_apply()
    assert panel.parameters.settings.share == 0.123456789


def test_a_bad_value_is_told_by_its_row_and_changes_nothing(panel):
    panel.controls["count"].setValue(1)
    panel.controls["words"].setText("rude")
    panel.on_apply()
    assert panel.message.text() == "Words (words): be polite"
    assert not panel.message.isHidden()
    assert panel.applied == [] and panel.parameters.settings == Settings()
    panel.controls["words"].setText("kind")
    panel.on_apply()
    assert panel.message.isHidden() and panel.parameters.settings.words == "kind"


def test_rows_show_where_their_conditions_hold(panel):
    assert not is_shown(panel, "smooth")
    panel.controls["method"].setCurrentText("median")
    assert is_shown(panel, "smooth")
    assert panel.labels["smooth"].isHidden() is False


def test_one_of_several_conditions_is_enough_and_advanced_ones_wait(panel):
    panel.controls["words"].setText("any")
    assert not is_shown(panel, "depth")
    panel.advanced.setChecked(True)
    assert is_shown(panel, "depth")
    panel.controls["words"].setText("")
    assert not is_shown(panel, "depth")
    panel.controls["smooth"].setChecked(True)
    assert is_shown(panel, "depth")


def test_the_wheel_turns_no_value(panel):
    wheel = QWheelEvent(
        QPointF(2, 2),
        QPointF(2, 2),
        QPoint(0, 0),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    panel.controls["count"].wheelEvent(wheel)
    assert panel.controls["count"].value() == 3
    assert not wheel.isAccepted()


def test_every_row_is_explained(panel):
    assert panel.labels["count"].text() == "Count"
    assert panel.controls["count"].toolTip() == "About Count\n(parameter count)"
