"""The project's version; ``make vendor`` takes it from pyproject.toml."""

VERSION = "0.1.0"
