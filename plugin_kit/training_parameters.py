"""Parameters that the tasks that train have in common."""

from typing import Any, Literal

from .parameters import PluginParam, setting

Monitoring = Literal["files", "ikomia", "off"]


def monitoring_setting() -> Any:
    """Where TensorBoard's and MLflow's curves go; of the type ``Monitoring``."""
    return setting(
        "files",
        "TensorBoard and MLflow logs into output_folder, or on Ikomia's own servers, "
        "which it starts, or none",
        label="Curves go to",
        words={"files": "files", "ikomia": "Ikomia's own servers", "off": "nowhere"},
        advanced=True,
    )


class TrainingParam(PluginParam):
    """Parameters of a task that trains."""

    @property
    def cfg(self) -> dict[str, Any]:
        """What Ikomia's training base class logs."""
        return self.settings.model_dump()
