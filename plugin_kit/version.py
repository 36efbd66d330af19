"""The project's version and address; ``make vendor`` takes them from pyproject.toml."""

VERSION = "1.0.0-rc.1"
# Of the source, as the HUB shows it; empty as long as it is nowhere public.
REPOSITORY = ""
