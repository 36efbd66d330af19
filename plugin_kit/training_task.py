"""What the tasks that train have in common: stopping, and curves for TensorBoard and MLflow."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import mlflow
from ikomia import core, dataprocess
from ikomia.core import config
from ikomia.dataprocess.io import DataDictIO
from ikomia.dnn import dnntrain, monitoring
from torch.utils.tensorboard import SummaryWriter

from .held_folder import held_folder
from .parameters import PluginParam
from .ports import declare_ports
from .task import PluginTask


class TrainingTask(PluginTask, dnntrain.TrainProcess):
    """A folder in, a report out; its settings have ``monitoring`` and ``output_folder``."""

    def __init__(self, name: str, param: PluginParam | None) -> None:
        super().__init__(name, param)
        # The base class keeps a plain copy of what it is given, without its settings.
        self.take_parameters(param)
        report = DataDictIO()
        report.name = "training report"
        folder = dataprocess.CPathIO(core.IODataType.FOLDER_PATH)
        declare_ports(self, inputs=[folder], outputs=[report])
        self._stopped = False
        self._writer: SummaryWriter | None = None
        self._held = ExitStack()

    @staticmethod
    def _init_mlflow() -> None:
        """Not yet: which servers to start, or none, is known when a run begins."""

    @staticmethod
    def _init_tensorboard() -> None:
        """Not yet, as above."""

    @property
    def results_folder(self) -> Path:
        """The folder for the results; ValueError where none is set."""
        folder = self.settings.output_folder
        if not folder:
            raise ValueError(f"{self.name} does not know where to write: set output_folder")
        return Path(folder).expanduser()

    def stop(self) -> None:
        """Ask a running training to end; what it reached is kept."""
        super().stop()
        self._stopped = True

    def should_stop(self) -> bool:
        """Whether its user wants no more."""
        return self._stopped

    def begin_task_run(self) -> None:
        """Hold the folder, start the run of MLflow, where one is wanted, and TensorBoard's file.

        Raises:
            OSError: Another training writes into the folder.
        """
        where, folder = self.settings.monitoring, self.results_folder
        self._held.enter_context(held_folder(folder, "output_folder"))
        try:
            if where == "off":
                dataprocess.CDnnTrainTask.begin_task_run(self)
                return
            start_mlflow(where, folder)
            super().begin_task_run()
            self._writer = open_tensorboard(where, folder, self.name)
        except Exception:
            self.end_task_run()
            raise

    def end_task_run(self) -> None:
        """Close the logs, and let the folder go."""
        self._held.close()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self.settings.monitoring == "off":
            dataprocess.CDnnTrainTask.end_task_run(self)
        else:
            super().end_task_run()

    def log_values(self, values: Mapping[str, float], step: int) -> None:
        """Enter ``values`` into the curves; ``loss`` is of training, all others of validation."""
        if self._writer is None:
            return
        for name, value in values.items():
            part = "train" if name == "loss" else "validation"
            self._writer.add_scalar(f"{part}/{name}", value, step)
        self.log_metrics(dict(values), step)

    def connected_folder(self, port: int) -> str:
        """The folder at an input; empty where there is none."""
        connected: Any = self.get_input(port)
        return connected.get_path() if connected and connected.is_data_available() else ""


def start_mlflow(where: str, folder: Path) -> None:
    """Point MLflow at files below ``folder``, or at Ikomia's server, started if need be."""
    if where == "ikomia":
        monitoring.check_mlflow_server()
        mlflow.set_tracking_uri(config.main_cfg["mlflow"]["tracking_uri"])
    else:
        mlflow.set_tracking_uri((folder / "mlruns").resolve().as_uri())


def open_tensorboard(where: str, folder: Path, name: str) -> SummaryWriter:
    """A writer below ``folder``, or where Ikomia's TensorBoard looks, which is started."""
    stamp = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    if where == "ikomia":
        monitoring.check_tensorboard_server()
        root = Path(config.main_cfg["tensorboard"]["log_uri"])
        return SummaryWriter(str(root / f"{name}_{stamp}"))
    return SummaryWriter(str(folder / "tensorboard" / stamp))
