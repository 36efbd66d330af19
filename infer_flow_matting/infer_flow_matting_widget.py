"""The Studio panel, built from the parameter class: one row a parameter."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

from ikomia import core, dataprocess
from ikomia.utils import pyqtutils, qtconversion
from PyQt6.QtWidgets import QGridLayout, QLabel, QWidget

from infer_flow_matting.parameters import InferFlowMattingParam, Settings

MOST = 10**9


class InferFlowMattingWidget(core.CWorkflowTaskWidget):
    """One control a field of :class:`Settings`, with its bounds and its description."""

    def __init__(self, param: InferFlowMattingParam | None, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.parameters = param if param is not None else InferFlowMattingParam()
        self.layout = QGridLayout()
        self.controls: dict[str, Any] = {}
        for name in Settings.model_fields:
            self.controls[name] = self._row(name, getattr(self.parameters.settings, name))
        self.message = QLabel("")
        self.message.setWordWrap(True)
        self.layout.addWidget(self.message, self.layout.rowCount(), 0, 1, 2)
        self.set_layout(qtconversion.PyQtToQt(self.layout))

    def _row(self, name: str, value: object) -> Any:
        field = Settings.model_fields[name]
        label = name.removeprefix("model_").replace("_", " ").capitalize()
        bounds = {type(m).__name__: getattr(m, type(m).__name__.lower()) for m in field.metadata}
        low = bounds.get("Ge", bounds.get("Gt", 0))
        high = bounds.get("Le", bounds.get("Lt", MOST))
        if get_origin(field.annotation) is Literal:
            control = pyqtutils.append_combo(self.layout, label)
            control.addItems(get_args(field.annotation))
            control.setCurrentText(str(value))
        elif field.annotation is bool:
            control = pyqtutils.append_check(self.layout, label, value)
        elif field.annotation is int:
            control = pyqtutils.append_spin(self.layout, label, value, int(low), int(high))
        elif field.annotation is float:
            control = pyqtutils.append_double_spin(
                self.layout, label, value, float(low), float(high), 0.05, 3
            )
        elif name.endswith(("_file", "_path", "_folder", "_root")):
            control = pyqtutils.append_browse_file(self.layout, label, str(value))
        else:
            control = pyqtutils.append_edit(self.layout, label, str(value))
        control.setToolTip(field.description)
        return control

    def values(self) -> dict[str, str]:
        """What the controls show, as Ikomia's map of strings."""
        return {name: _text(control) for name, control in self.controls.items()}

    def on_apply(self) -> None:
        """Hand the values on; a bad one is shown in the panel and changes nothing."""
        try:
            self.parameters.set_values(self.values())
        except ValueError as error:
            self.message.setText(str(error))
            return
        self.message.setText("")
        self.emit_apply(self.parameters)


def _text(control: Any) -> str:
    for getter in ("currentText", "isChecked", "value", "text"):
        if hasattr(control, getter):
            return str(getattr(control, getter)())
    return str(control.path)


class InferFlowMattingWidgetFactory(dataprocess.CWidgetFactory):
    """Makes the panel by the task's name."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "infer_flow_matting"

    def create(self, param: InferFlowMattingParam) -> InferFlowMattingWidget:
        return InferFlowMattingWidget(param, None)
