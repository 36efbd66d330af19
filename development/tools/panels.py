"""Draw the Studio panel of every plugin into ``<plugin>/images/panel.png``, without a screen.

Run it as ``python -m development.tools.panels`` after a change of parameters or of the panel.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any

from workflows.plugins import PLUGINS, REPOSITORY, quiet_ikomia

WIDTH, SCALE = 560, 2


def open_panel(name: str, parameters: Any = None) -> tuple[Any, Any]:
    """The panel of the plugin ``name`` and its window, which holds Studio's *Apply* button.

    Args:
        parameters: The parameter object that the panel changes; None makes one of defaults.
    """
    prefix = PLUGINS[name]
    module = importlib.import_module(f"{name}.{name}_widget")
    panel = getattr(module, f"{prefix}Widget")(parameters, None)
    return panel, panel.layout.parentWidget().window()


def draw_panel(name: str, path: Path) -> None:
    """Write the panel with its advanced rows open; the window is as high as its rows."""
    from PyQt6.QtCore import Qt
    from PyQt6.QtGui import QPixmap
    from PyQt6.QtWidgets import QApplication, QPushButton

    panel, window = open_panel(name)
    panel.advanced.setChecked(True)
    button = next(b for b in window.findChildren(QPushButton) if b.text() == "Apply")
    content = panel.layout.parentWidget()
    window.resize(WIDTH, content.sizeHint().height() + 2 * button.sizeHint().height())
    window.show()
    QApplication.processEvents()
    picture = QPixmap(window.size() * SCALE)
    picture.setDevicePixelRatio(SCALE)
    picture.fill(Qt.GlobalColor.white)
    window.render(picture)
    window.close()
    path.parent.mkdir(parents=True, exist_ok=True)
    if not picture.save(str(path)):
        raise OSError(f"{path} could not be written")


def main() -> None:
    arguments = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    arguments.add_argument("plugins", nargs="*", metavar="PLUGIN", help=", ".join(PLUGINS))
    names = arguments.parse_args().plugins or list(PLUGINS)
    unknown = set(names) - set(PLUGINS)
    if unknown:
        arguments.error(f"no such plugin: {', '.join(sorted(unknown))}")
    quiet_ikomia()
    from PyQt6.QtWidgets import QApplication

    application = QApplication.instance() or QApplication(sys.argv[:1])
    for name in names:
        path = REPOSITORY / name / "images" / "panel.png"
        draw_panel(name, path)
        print(path.relative_to(REPOSITORY))
    application.quit()


if __name__ == "__main__":
    main()
