"""A take as one page for a browser; knows nothing of Ikomia, of plugins or of files."""

from .page import INSTALL, is_installed, page_of
from .scene import Body, SeenCamera, ShownPerson, TakeScene

__all__ = ["INSTALL", "Body", "SeenCamera", "ShownPerson", "TakeScene", "is_installed", "page_of"]
