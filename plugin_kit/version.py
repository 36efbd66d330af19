"""The project's version; ``make vendor`` takes it from pyproject.toml."""

VERSION = "1.0.0-rc.1"
