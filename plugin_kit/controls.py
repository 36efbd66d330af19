"""Controls of the Studio panel that Qt has not: choices in words, a colour, a path."""

from collections.abc import Mapping
from functools import partial

from PyQt6 import QtCore, QtGui
from PyQt6 import QtWidgets as qt

from .pictures import parse_colour

# Of choices that many parameters have; a parameter's own words win.
COMMON_WORDS = {
    "auto": "automatic",
    "cuda": "graphics card (CUDA)",
    "cpu": "processor (CPU)",
    "fp32": "32 bits",
    "fp16": "16 bits",
    "bf16": "16 bits (bfloat16)",
    "m": "metres",
    "cm": "centimetres",
    "mm": "millimetres",
}
VIDEOS = "Videos (*.mp4 *.mov *.mkv *.avi *.webm *.m4v *.mts *.ts *.wmv *.mpg *.gif)"
WEIGHTS = "Weights (*.pth *.pt *.ckpt *.onnx *.safetensors)"
ALL_FILES = "All files (*)"


def filters_of(name: str, files: str = "") -> str:
    """What the file dialog of the parameter ``name`` offers; all files always, last.

    Args:
        name: Paths of videos and of weights are known by it.
        files: Another filter in Qt's form, which wins.
    """
    usual = {"video_path": VIDEOS, "videos_path": VIDEOS, "weight_file": WEIGHTS}
    known = files or next((text for end, text in usual.items() if name.endswith(end)), "")
    return ";;".join(filter(None, (known, ALL_FILES)))


class ChoiceBox(qt.QComboBox):
    """Choices that are shown in words; the tool tip of each is what scripts call it."""

    def __init__(self, values: tuple[str, ...], words: Mapping[str, str]) -> None:
        super().__init__()
        for value in values:
            self.addItem(words.get(value) or COMMON_WORDS.get(value, value), value)
            role = QtCore.Qt.ItemDataRole.ToolTipRole
            self.setItemData(self.count() - 1, value, role)

    def choice(self) -> str:
        """The value that is chosen, as scripts call it."""
        return self.currentData()

    def choose(self, value: str) -> None:
        """Choose by the value that scripts use."""
        self.setCurrentIndex(self.findData(value))


class ColourRow(qt.QWidget):
    """A colour as ``R,G,B``, to type or to pick; closing the dialog changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.edit = qt.QLineEdit()
        self.button = qt.QPushButton("Colour…")
        layout = qt.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.edit)
        layout.addWidget(self.button)
        connect(self.button, "clicked", self.pick)
        connect(self.edit, "textChanged", self.show_colour)

    def pick(self, *_: bool) -> None:
        picked = qt.QColorDialog.getColor(self._colour(), self, "Choose a colour")
        if picked.isValid():
            self.edit.setText(f"{picked.red()},{picked.green()},{picked.blue()}")

    def show_colour(self, *_: str) -> None:
        """Let the button's icon be the colour."""
        square = QtGui.QPixmap(16, 16)
        square.fill(self._colour())
        self.button.setIcon(QtGui.QIcon(square))

    def _colour(self) -> QtGui.QColor:
        try:
            return QtGui.QColor(*parse_colour(self.edit.text()))
        except ValueError:
            return QtGui.QColor("white")


class PathRow(qt.QWidget):
    """A path to type or to browse for; closing the dialog without a choice changes nothing.

    Args:
        kind: ``file``, ``folder`` or ``either``.
        filters: What the dialog for files offers, in Qt's form.
    """

    def __init__(self, kind: str, filters: str = ALL_FILES) -> None:
        super().__init__()
        self.filters = filters
        self.edit = qt.QLineEdit()
        layout = qt.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.edit)
        for wanted in ("file", "folder"):
            if kind in (wanted, "either"):
                button = qt.QPushButton(f"{wanted.capitalize()}…")
                connect(button, "clicked", partial(self.browse, wanted))
                layout.addWidget(button)

    def browse(self, wanted: str, *_: bool) -> None:
        given, dialog = self.edit.text(), qt.QFileDialog
        if wanted == "file":
            path = dialog.getOpenFileName(self, "Choose a file", given, self.filters)[0]
        else:
            path = dialog.getExistingDirectory(self, "Choose a folder", given)
        self.edit.setText(path or given)


def connect(widget: qt.QWidget, signal: str, slot: object) -> None:
    """Connect a signal by its name: PyQt6's own types take signals for methods."""
    getattr(widget, signal).connect(slot)
