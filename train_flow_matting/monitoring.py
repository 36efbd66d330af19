"""Where a training's curves go: TensorBoard and MLflow, as files or on Ikomia's servers."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import mlflow
from ikomia.core import config
from ikomia.dnn import monitoring
from torch.utils.tensorboard import SummaryWriter


def start_mlflow(where: str, folder: Path) -> None:
    """Point MLflow at files below ``folder``, or at Ikomia's server, started if need be."""
    if where == "ikomia":
        monitoring.check_mlflow_server()
        mlflow.set_tracking_uri(config.main_cfg["mlflow"]["tracking_uri"])
    else:
        mlflow.set_tracking_uri((folder / "mlruns").resolve().as_uri())


def open_tensorboard(where: str, folder: Path) -> SummaryWriter:
    """A writer below ``folder``, or where Ikomia's TensorBoard looks, which is started."""
    stamp = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    if where == "ikomia":
        monitoring.check_tensorboard_server()
        root = Path(config.main_cfg["tensorboard"]["log_uri"])
        return SummaryWriter(str(root / f"train_flow_matting_{stamp}"))
    return SummaryWriter(str(folder / "tensorboard" / stamp))
