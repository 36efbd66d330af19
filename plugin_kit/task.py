"""What the tasks of all plugins have in common; mixed in before Ikomia's own task class."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from ikomia import core

from .array_output import save_arrays
from .parameters import PluginParam

if TYPE_CHECKING:
    Task = core.CWorkflowTask
else:
    Task = object


class PluginTask(Task):
    """A task with the plugin's own parameter object; it announces so many steps of a run.

    Attributes:
        when_step: Told of each of these steps, by a program that shows how far a workflow is.
    """

    param_class: ClassVar[type[PluginParam]]
    progress_steps: ClassVar[int] = 3
    when_step: Callable[[], None] | None = None

    @property
    def settings(self) -> Any:
        """The present values of its parameters."""
        return self.get_param_object().settings

    def take_parameters(self, given: PluginParam | None) -> None:
        """Keep a copy of ``given``, or the defaults."""
        self.set_param_object(copy.deepcopy(given) if given else self.param_class())

    def set_parameters(self, values: Mapping[str, object]) -> None:
        """Take these values and leave the others; Ikomia would pass over names that it misses.

        Raises:
            ValueError: A name or a value is not allowed; the text has the nearest known name.
        """
        self.get_param_object().check_names(values, self.name)
        super().set_parameters({name: str(value) for name, value in values.items()})

    def get_progress_steps(self) -> int:
        return self.progress_steps

    def emit_step_progress(self) -> None:
        super().emit_step_progress()
        if self.when_step is not None:
            self.when_step()

    def end_task_run(self) -> None:
        """Save the arrays of outputs that are to be saved, and end the run."""
        save_arrays(self)
        super().end_task_run()
