"""The Studio panel, built from the parameter class: labels, bounds and order stand there."""

from typing import Any, ClassVar, Literal, get_args, get_origin

from ikomia import core, dataprocess
from ikomia.utils import qtconversion
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from PyQt6 import QtWidgets as qt

from .controls import ChoiceBox, ColourRow, PathRow, connect, filters_of
from .parameters import COLOUR, PluginParam

MOST = 2**31 - 1  # what Qt's spin boxes hold
# What reads, writes and announces the value of each kind of control.
ACCESS = (
    ("choice", "choose", "currentTextChanged"),
    ("isChecked", "setChecked", "toggled"),
    ("value", "setValue", "valueChanged"),
    ("text", "setText", "textChanged"),
)


class PluginPanel(core.CWorkflowTaskWidget):
    """One row a field of the plugin's ``Settings``; rows show where their ``only_if`` holds."""

    param_class: ClassVar[type[PluginParam]]

    def __init__(self, param: PluginParam | None, parent: qt.QWidget | None) -> None:
        super().__init__(parent)
        self.parameters = param if param is not None else self.param_class()
        self.fields = self.param_class.settings_class.model_fields
        self.layout = qt.QGridLayout()
        self.layout.setColumnStretch(1, 1)
        self.labels: dict[str, qt.QLabel] = {}
        self.controls: dict[str, qt.QWidget] = {}
        self.advanced = qt.QCheckBox("Advanced")
        connect(self.advanced, "toggled", self.show_rows)
        self.message = qt.QLabel()
        self.message.setWordWrap(True)
        self.message.setStyleSheet("color: #d9534f")
        for is_advanced, start in ((False, self.message), (True, self.advanced)):
            self.layout.addWidget(start, self.layout.rowCount(), 0, 1, 2)
            for name, field in self.fields.items():
                if bool(_hint(field, "advanced")) is is_advanced:
                    self._add_row(name, field)
        self.set_layout(qtconversion.PyQtToQt(self.layout))
        self.on_parameters_changed()

    def _add_row(self, name: str, field: FieldInfo) -> None:
        row = self.layout.rowCount()
        self.labels[name] = qt.QLabel(_hint(field, "label"))
        self.controls[name] = _control(name, field)
        for column, widget in enumerate((self.labels[name], self.controls[name])):
            widget.setToolTip(f"{field.description}\n(parameter {name})")
            self.layout.addWidget(widget, row, column)
        # The wheel scrolls the panel, and must not turn the values that it passes over.
        self.controls[name].wheelEvent = lambda a0: a0.ignore()
        self._access(name)[2].connect(self.show_rows)

    def _access(self, name: str) -> tuple[Any, ...]:
        control = getattr(self.controls[name], "edit", self.controls[name])
        ways = next(ways for ways in ACCESS if hasattr(control, ways[0]))
        return tuple(getattr(control, way) for way in ways)

    def _read(self) -> dict[str, str]:
        return {name: str(self._access(name)[0]()) for name in self.controls}

    def on_parameters_changed(self) -> None:
        """Show the parameters as they are now."""
        self._given = {k: str(v) for k, v in self.parameters.settings.model_dump().items()}
        for name in self.controls:
            self._access(name)[1](getattr(self.parameters.settings, name))
        self._shown = self._read()
        self.message.setText("")
        self.show_rows()

    def show_rows(self) -> None:
        """Hide the rows that the other values make meaningless, and the advanced ones."""
        values = self._read()
        for name, control in self.controls.items():
            field = self.fields[name]
            is_open = self.advanced.isChecked() or not _hint(field, "advanced")
            for widget in (self.labels[name], control):
                widget.setVisible(is_open and _applies(field, values))
        self.message.setVisible(bool(self.message.text()))

    def values(self) -> dict[str, str]:
        """Ikomia's map of strings; what was not touched stays as exact as it was given."""
        shown = self._shown
        return {n: self._given[n] if text == shown[n] else text for n, text in self._read().items()}

    def on_apply(self) -> None:
        """Hand the values on; a bad one is shown in the panel and changes nothing."""
        try:
            self.parameters.set_values(self.values())
        except ValueError as error:
            # Which rows are wrong and why, without pydantic's own wrapping.
            lines = [
                f"{_hint(self.fields[name], 'label')} ({name}): {text}"
                for name, text in _faults(error)
            ]
            self.message.setText("\n".join(lines) or str(error))
            if any(_hint(self.fields[name], "advanced") for name, _ in _faults(error)):
                self.advanced.setChecked(True)
            self.show_rows()
            _scroll_to(self.message)
            return
        self.on_parameters_changed()
        self.emit_apply(self.parameters)


def _scroll_to(widget: qt.QWidget) -> None:
    area = widget
    while area is not None and not isinstance(area, qt.QScrollArea):
        area = area.parentWidget()
    if area is not None:
        area.ensureWidgetVisible(widget)


def _hint(field: FieldInfo, key: str) -> Any:
    extra = field.json_schema_extra
    return extra.get(key) if isinstance(extra, dict) else None


def _control(name: str, field: FieldInfo) -> qt.QWidget:
    if get_origin(field.annotation) is Literal:
        return ChoiceBox(get_args(field.annotation), _hint(field, "words") or {})
    if field.annotation is bool:
        return qt.QCheckBox()
    if field.annotation in (int, float):
        return _spin_box(field)
    is_folder = name.endswith(("_folder", "_root"))
    if is_folder or name.endswith(("_file", "_path")):
        kind = _hint(field, "browse") or ("folder" if is_folder else "file")
        return PathRow(kind, filters_of(name, _hint(field, "files") or ""))
    if COLOUR in field.metadata:
        return ColourRow()
    return qt.QLineEdit()


def _spin_box(field: FieldInfo) -> qt.QSpinBox | qt.QDoubleSpinBox:
    bounds = {type(m).__name__: getattr(m, type(m).__name__.lower()) for m in field.metadata}
    box, least = qt.QSpinBox(), 1
    if field.annotation is float:
        box = qt.QDoubleSpinBox()
        box.setDecimals(_hint(field, "decimals") or 2)
        least = 10.0 ** -box.decimals()
    low = bounds["Gt"] + least if "Gt" in bounds else bounds.get("Ge", -MOST)
    high = bounds["Lt"] - least if "Lt" in bounds else bounds.get("Le", MOST)
    box.setRange(low, high)
    box.setSingleStep(_hint(field, "step") or 1)
    box.setSuffix(f" {_hint(field, 'unit')}" if _hint(field, "unit") else "")
    box.setSpecialValueText(_hint(field, "lowest_means") or "")
    return box


def _applies(field: FieldInfo, values: dict[str, str]) -> bool:
    """Whether all conditions of ``only_if`` hold or, of several sets, those of any."""
    given = _hint(field, "only_if") or {}
    return any(
        all(values[other] in few or ("*" in few and values[other]) for other, few in some.items())
        for some in (given if isinstance(given, list) else [given])
    )


def _faults(error: ValueError) -> list[tuple[str, str]]:
    parts = error.errors() if isinstance(error, ValidationError) else []
    return [(str(part["loc"][0]), part["msg"].removeprefix("Value error, ")) for part in parts]


class PluginPanelFactory(dataprocess.CWidgetFactory):
    """Makes the panel by the task's name."""

    plugin: ClassVar[str]
    panel_class: ClassVar[type[PluginPanel]]

    def __init__(self) -> None:
        super().__init__()
        self.name = self.plugin

    def create(self, param: PluginParam | None) -> PluginPanel:
        return self.panel_class(param, None)
