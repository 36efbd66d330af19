"""A page in a headless Chromium: what it loads, what goes wrong in it, and what it looks like."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Drawn by the CPU, as machines without a screen have to; the sandbox wants no root.
FLAGS = (
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
)
SIZE = (1280, 800)
PATIENCE = 60_000
# What a page makes of its own content.
OWN = ("blob:", "data:")


def missing() -> str:
    """What is missing for it, with the remedy; empty where nothing is."""
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed: pip install playwright"
    if program() is None:
        return "no Chromium is installed: apt-get install chromium"
    return ""


def program() -> str | None:
    """The path of the browser; None where there is none."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


@dataclass
class Visit:
    """A page that is open.

    Attributes:
        page: playwright's.
        requests: Addresses of everything that it asked for beside itself.
        errors: Exceptions, and errors that it wrote on its console.
    """

    page: Any
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def picture(self) -> np.ndarray:
        """What is seen: uint8 RGB (H, W, 3)."""
        shot = self.page.screenshot(timeout=PATIENCE)
        decoded = cv2.imdecode(np.frombuffer(shot, np.uint8), cv2.IMREAD_COLOR)
        assert decoded is not None
        return cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)


@contextmanager
def visited(path: Path, size: tuple[int, int] = SIZE) -> Iterator[Visit]:
    """Open a file as by a double click, without network.

    Args:
        path: An .html file.
        size: Width and height of the window, pixels.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=list(FLAGS))
        try:
            context = browser.new_context(
                viewport={"width": size[0], "height": size[1]}, offline=True
            )
            page = context.new_page()
            visit, address = Visit(page), path.resolve().as_uri()

            def ask(request: Any) -> None:
                if request.url != address and not request.url.startswith(OWN):
                    visit.requests.append(request.url)

            def say(message: Any) -> None:
                if message.type == "error":
                    visit.errors.append(message.text)

            page.on("request", ask)
            page.on("pageerror", lambda error: visit.errors.append(str(error)))
            page.on("console", say)
            page.goto(address, timeout=PATIENCE)
            yield visit
        finally:
            browser.close()


@contextmanager
def motion_page(path: Path, size: tuple[int, int] = SIZE) -> Iterator[Visit]:
    """Open a page of the motion chain, and wait until its bar is there."""
    with visited(path, size) as visit:
        visit.page.wait_for_selector("input", timeout=PATIENCE)
        yield visit


def show_moment(visit: Visit, seconds: float, wait: float = 2.0) -> None:
    """Stop at a time of the recording, in tenths of a second, and wait until that is drawn."""
    clock = visit.page.locator("input").first
    clock.fill(f"{seconds:.1f}")
    clock.press("Enter")
    visit.page.wait_for_timeout(1000 * wait)


def without_notices(visit: Visit) -> None:
    """Close what the viewer tells of drawing without a graphics card."""
    for button in visit.page.locator(".mantine-Notification-closeButton").all():
        button.click()
    visit.page.wait_for_timeout(500)
