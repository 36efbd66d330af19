"""Every panel offscreen, beside torch and a real workflow: shown, changed, applied, refused."""

import importlib
import sys
from typing import Literal, get_args, get_origin

import numpy as np
import pytest
import torch

pytest.importorskip("PyQt6.QtWidgets", reason="panels need PyQt6")

from PyQt6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QLabel,
    QPushButton,
    QScrollArea,
    QSpinBox,
)

from development.tools.panels import draw_panel, open_panel
from tests.panel_rows import BAD, ROWS, SHOWN_IF, TEXTS
from workflows.plugins import PLUGINS, REPOSITORY


@pytest.fixture(scope="module", autouse=True)
def application():
    yield QApplication.instance() or QApplication([])
    for window in QApplication.topLevelWidgets():
        window.close()


@pytest.fixture
def panel_of(workflow_of):
    """Build the panel of a task in a workflow, as Studio does: both share one parameter object."""

    def build(name):
        _, (task,) = workflow_of(name)
        return (*open_panel(name, task.get_param_object()), task)

    return build


def press_apply(window):
    next(b for b in window.findChildren(QPushButton) if b.text() == "Apply").click()


def another_value(field, key):
    """A value that is allowed and not the default; at a bound, where the parameter has one."""
    if get_origin(field.annotation) is Literal:
        return next(choice for choice in get_args(field.annotation) if choice != field.default)
    if field.annotation is bool:
        return not field.default
    if key == "validation_share":  # its bounds are excluded
        return 0.4
    if field.annotation in (int, float):
        bounds = [getattr(mark, kind, None) for mark in field.metadata for kind in ("le", "ge")]
        values = [bound for bound in bounds if bound not in (None, field.default)]
        return field.annotation((values or [field.default + 1])[-1])
    return TEXTS.get(key, f"some where/{key}")


def highest(field):
    """The parameter's upper bound, or None."""
    return next((mark.le for mark in field.metadata if hasattr(mark, "le")), None)


def put(panel, key, value):
    """Set a row as its user would, with the control that it ought to have."""
    control = panel.controls[key]
    if isinstance(control, QComboBox):
        assert control.findData(str(value)) >= 0
        control.choose(str(value))
    elif isinstance(control, QCheckBox):
        control.setChecked(str(value) == "True")
    elif isinstance(control, QSpinBox | QDoubleSpinBox):
        control.setValue(value)
    else:
        getattr(control, "edit", control).setText(value)


def parameters_of(task):
    """Without the names of earlier releases, which stay empty."""
    old_names = task.get_param_object().old_names
    return {key: value for key, value in task.get_parameters().items() if key not in old_names}


@pytest.mark.parametrize("name", PLUGINS)
def test_panel_shows_the_parameters_as_they_are(panel_of, name):
    panel, _, task = panel_of(name)
    settings = task.get_param_object().settings
    assert set(panel.controls) == set(type(settings).model_fields)
    assert panel.values() == parameters_of(task)
    assert torch.ones(2).sum() == 2


@pytest.mark.parametrize("name", PLUGINS)
def test_every_row_is_named_and_explained(panel_of, name):
    panel, _, task = panel_of(name)
    fields = type(task.get_param_object().settings).model_fields
    labels = [label.text() for label in panel.labels.values()]
    assert len(set(labels)) == len(labels)
    assert all(label[0].isupper() and "_" not in label for label in labels)
    for key, control in panel.controls.items():
        assert fields[key].description in control.toolTip()
        assert key in panel.labels[key].toolTip()


@pytest.mark.parametrize("name", PLUGINS)
def test_every_control_reaches_the_task(panel_of, name):
    panel, window, task = panel_of(name)
    fields = type(task.get_param_object().settings).model_fields
    wanted = {key: another_value(field, key) for key, field in fields.items()}
    for key, value in wanted.items():
        put(panel, key, value)
    press_apply(window)
    assert panel.message.text() == ""
    reached = task.get_param_object().settings.model_dump()
    assert reached == wanted
    assert parameters_of(task) == {key: str(value) for key, value in wanted.items()}


@pytest.mark.parametrize("name", PLUGINS)
def test_parameters_survive_the_way_through_a_panel(panel_of, name):
    panel, window, task = panel_of(name)
    fields = type(task.get_param_object().settings).model_fields
    wanted = {key: str(another_value(field, key)) for key, field in fields.items()}
    # Just beside the default, and inside of the bounds.
    exact = {
        key: f"{field.default + (-1e-9 if highest(field) == field.default else 1e-9):.15f}"
        for key, field in fields.items()
        if field.annotation is float
    }
    task.set_parameters({**wanted, **exact})
    panel.on_parameters_changed()
    before = parameters_of(task)
    assert panel.values() == before
    press_apply(window)
    assert parameters_of(task) == before


@pytest.mark.parametrize("name", PLUGINS)
def test_spin_boxes_have_the_parameters_bounds(panel_of, name):
    panel, _, task = panel_of(name)
    settings = type(task.get_param_object().settings)
    for key, control in panel.controls.items():
        if not isinstance(control, QSpinBox | QDoubleSpinBox):
            continue
        for value in (control.minimum(), control.maximum()):
            settings.model_validate({key: value})
        for mark in settings.model_fields[key].metadata:
            for bound in ("ge", "le"):
                assert getattr(mark, bound, None) in (None, control.minimum(), control.maximum())


@pytest.mark.parametrize(("name", "key", "value"), BAD)
def test_a_bad_value_is_shown_and_changes_nothing(panel_of, name, key, value):
    panel, window, task = panel_of(name)
    before = parameters_of(task)
    applied = []
    panel.emit_apply = applied.append
    put(panel, key, value)
    press_apply(window)
    assert applied == []
    assert key in panel.message.text() and value in panel.message.text()
    assert "pydantic" not in panel.message.text()
    assert not panel.message.isHidden()
    assert parameters_of(task) == before
    put(panel, key, TEXTS[key])
    press_apply(window)
    assert panel.message.text() == "" and panel.message.isHidden()
    assert parameters_of(task)[key] == TEXTS[key]
    assert applied == [task.get_param_object()]


def test_an_error_is_scrolled_into_sight(panel_of):
    panel, window, _ = panel_of("infer_multiview_triangulation")
    panel.advanced.setChecked(True)
    window.resize(420, 300)
    window.show()
    QApplication.processEvents()
    bar = window.findChild(QScrollArea).verticalScrollBar()
    bar.setValue(bar.maximum())
    put(panel, "person", "nobody")
    press_apply(window)
    QApplication.processEvents()
    assert not panel.message.visibleRegion().isEmpty()
    window.close()


def test_what_is_applied_is_what_runs(workflow_of):
    workflow, (task,) = workflow_of("extract_background")
    panel, window = open_panel("extract_background", task.get_param_object())
    workflow.connect_tasks(workflow.root(), task, [(0, 0)])
    put(panel, "method", "median")
    press_apply(window)
    workflow.run_on(array=np.full((24, 32, 3), 90, np.uint8))
    assert task.finish().report["method"] == "median"


@pytest.mark.parametrize(("name", "key", "hiding", "showing"), SHOWN_IF)
def test_rows_show_where_they_apply(panel_of, name, key, hiding, showing):
    panel, _, task = panel_of(name)
    panel.advanced.setChecked(True)
    for values, is_hidden in ((hiding, True), (showing, False)):
        for other, value in values.items():
            put(panel, other, value)
        assert panel.controls[key].isHidden() is is_hidden
        assert panel.labels[key].isHidden() is is_hidden
    assert panel.values()[key] == parameters_of(task)[key]


def test_every_condition_names_rows_and_values_that_exist():
    tried = {(name, key) for name, key, _, _ in SHOWN_IF}
    for name, key in ROWS:
        fields = importlib.import_module(f"{name}.parameters").Settings.model_fields
        given = fields[key].json_schema_extra.get("only_if", {})
        assert bool(given) == ((name, key) in tried)
        for conditions in given if isinstance(given, list) else [given]:
            for other, allowed in conditions.items():
                if get_origin(fields[other].annotation) is Literal:
                    assert set(allowed) <= set(get_args(fields[other].annotation))


@pytest.mark.parametrize("name", PLUGINS)
def test_advanced_rows_are_folded_away(panel_of, name):
    panel, _, task = panel_of(name)
    fields = type(task.get_param_object().settings).model_fields
    folded = [key for key in fields if fields[key].json_schema_extra.get("advanced")]
    assert folded
    assert all(panel.controls[key].isHidden() for key in folded)
    panel.advanced.setChecked(True)
    assert not all(panel.controls[key].isHidden() for key in folded)


def test_browsing_takes_files_or_folders_and_survives_cancel(panel_of, monkeypatch):
    panel, _, _ = panel_of("infer_multiview_triangulation")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("a/cameras.json", ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "a/views")
    titles = {
        key: [b.text() for b in control.findChildren(QPushButton)]
        for key, control in panel.controls.items()
    }
    assert titles["keypoints_path"] == ["File…", "Folder…"]
    assert titles["cameras_path"] == ["File…"]
    assert titles["output_folder"] == ["Folder…"]
    for key in ("keypoints_path", "cameras_path"):
        panel.controls[key].findChildren(QPushButton)[-1].click()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    panel.controls["cameras_path"].findChildren(QPushButton)[0].click()
    assert panel.values()["keypoints_path"] == "a/views"
    assert panel.values()["cameras_path"] == "a/cameras.json"


def test_panels_differ_in_names_only():
    texts = set()
    for name, prefix in PLUGINS.items():
        text = (REPOSITORY / name / f"{name}_widget.py").read_text(encoding="utf-8")
        # The imports' order depends on the name.
        lines = text.replace(name, "plugin").replace(prefix, "Plugin").splitlines()
        texts.add(tuple(sorted(lines)))
    assert len(texts) == 1


@pytest.mark.parametrize("name", PLUGINS)
def test_panel_is_drawn_with_nothing_cut_off(panel_of, name, tmp_path):
    draw_panel(name, tmp_path / "panel.png")
    assert (tmp_path / "panel.png").stat().st_size > 10_000
    panel, window, _ = panel_of(name)
    panel.advanced.setChecked(True)
    window.resize(560, 2000)
    window.show()
    QApplication.processEvents()
    for label in panel.layout.parentWidget().findChildren(QLabel):
        assert label.isHidden() or label.width() >= label.sizeHint().width(), label.text()
    window.close()
    assert "torch" in sys.modules
