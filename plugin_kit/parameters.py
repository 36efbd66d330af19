"""Parameters: a frozen pydantic model, carried through Ikomia's map of strings."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, ClassVar, Literal

from ikomia import core
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from typing_extensions import TypedDict, Unpack

from .pictures import parse_colour

Condition = Mapping[str, Sequence[str]]
# Marks a text that the panel shows as a colour.
COLOUR = "colour"
# Words for the choices of ``sequence``.
KINDS_OF_INPUT = {
    "video": "a video",
    "image": "single pictures",
    "stream": "pictures of one sequence",
}
ColourText = Annotated[str, AfterValidator(lambda text: parse_colour(text) and text), COLOUR]


class Hints(TypedDict, total=False):
    """What :func:`setting` can be told besides."""

    advanced: bool
    only_if: Condition | Sequence[Condition]
    unit: str
    step: float
    decimals: int
    lowest_means: str
    browse: Literal["either"]
    words: Mapping[str, str]
    files: str
    ge: float
    gt: float
    le: float
    lt: float


def setting(default: Any, description: str, *, label: str, **given: Unpack[Hints]) -> Any:
    """A parameter: its default, its bounds, and how the panel shows it.

    Type and bounds choose the control.

    Args:
        default: Of letters, digits and ``_ . , + - /`` only, where it is a text.
        description: For the README, the tool tip and messages.
        label: The row's words.
        advanced: Whether the row hides behind the check *Advanced*.
        only_if: The row shows where each named parameter has one of these values; ``"*"`` is any
            text but none. Of several conditions one has to hold.
        unit: After the number.
        step, decimals: Of the spin box.
        lowest_means: The words that stand for the lowest value.
        browse: ``either``: files and folders; else the name decides (``_file``, ``_path``;
            ``_folder``, ``_root``).
        words: What the panel calls the choices; without, by their own names.
        files: What the file dialog offers, in Qt's form; names tell videos and weights.
        bounds: pydantic's ge, gt, le, lt.
    """
    hints: dict[str, Any] = {"label": label, **given}
    bounds = {key: hints.pop(key) for key in ("ge", "gt", "le", "lt") if key in hints}
    return Field(default, description=description, json_schema_extra=hints, **bounds)


class PluginSettings(BaseModel):
    """Base of every plugin's ``Settings``; strings, as Ikomia passes them, are converted."""

    model_config = ConfigDict(extra="ignore", frozen=True, protected_namespaces=())


class PluginParam(core.CWorkflowTaskParam):
    """Base of every plugin's parameter object.

    A plugin derives from it, and says twice what its settings are, once for Python and once for
    whoever reads types::

        class InferRvmParam(PluginParam):
            settings_class = Settings
            settings: Settings

    Attributes:
        settings: The values; replaced as a whole when they change.
        old_names: The present name of each parameter that an earlier release called otherwise.
            Ikomia hands on only keys that :meth:`get_values` knows, so an old name stands there,
            with no value.
        old_values: By old name, what its values are called now; by their text in small letters.
    """

    settings_class: ClassVar[type[PluginSettings]]
    old_names: ClassVar[Mapping[str, str]] = {}
    old_values: ClassVar[Mapping[str, Mapping[str, str]]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.settings: Any = self.settings_class()

    def set_values(self, values: Mapping[str, object]) -> None:
        """Take all of ``values`` or, on a bad one, none.

        Raises:
            ValueError: A value is not allowed; the text names the parameter, value and choices.
        """
        given = dict(values)
        for old, name in self.old_names.items():
            value = given.pop(old, "")
            if value != "":
                given[name] = self.old_values.get(old, {}).get(str(value).lower(), value)
        self.settings = self.settings_class.model_validate({**self.settings.model_dump(), **given})

    def check_names(self, names: Iterable[str], owner: str) -> None:
        """Refuse names that are none of the parameters of the plugin ``owner``.

        Raises:
            ValueError: There are such; the text has the nearest known name of each.
        """
        unknown = self.nearest(names)
        if unknown:
            told = ", ".join(f"{name!r} (did you mean {near}?)" for name, near in unknown.items())
            known = ", ".join(self.settings_class.model_fields)
            raise ValueError(f"{owner} has no parameter {told}; it has {known}")

    def nearest(self, names: Iterable[str]) -> dict[str, str]:
        """Of each name that is no parameter, present or earlier, the one that is most like it."""
        known = list(self.settings_class.model_fields)
        return {
            name: get_close_matches(name, known, 1, cutoff=0)[0]
            for name in names
            if name not in known and name not in self.old_names
        }

    def get_values(self) -> dict[str, str]:
        """Ikomia's map of strings."""
        values = {name: str(value) for name, value in self.settings.model_dump().items()}
        return values | dict.fromkeys(self.old_names, "")
