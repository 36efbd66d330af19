"""The Ikomia task that trains the flow matting network: parameters, clips, loop, logs."""

from __future__ import annotations

import copy
import logging
import math
from pathlib import Path

import torch
from ikomia import core, dataprocess
from ikomia.dataprocess.io import DataDictIO
from ikomia.dnn import dnntrain
from torch.utils.tensorboard import SummaryWriter

from train_flow_matting.flow_matting_training import (
    PreparedClip,
    Progress,
    Trainer,
    TrainingOptions,
    find_clips,
    prepare_clip,
    split_clips,
)
from train_flow_matting.monitoring import open_tensorboard, start_mlflow
from train_flow_matting.openmp import keep_teams_whole
from train_flow_matting.parameters import Settings, TrainFlowMattingParam

logger = logging.getLogger(__name__)

DATASET = REPORT = 0
CACHE = "flow_cache"


class TrainFlowMatting(dnntrain.TrainProcess):
    """A folder of clips → best.pth and last.pth, curves, and a report."""

    def __init__(self, name: str, param: TrainFlowMattingParam | None) -> None:
        super().__init__(name, param)
        # The base class keeps a plain copy of what it is given, without its settings.
        self.set_param_object(copy.deepcopy(param) if param else TrainFlowMattingParam())
        self.clear_inputs()
        self.add_input(dataprocess.CPathIO(core.IODataType.FOLDER_PATH))
        self.clear_outputs()
        report = DataDictIO()
        report.name = "training report"
        self.add_output(report)
        self._stopped = False
        self._writer: SummaryWriter | None = None
        self._history: list[dict[str, float]] = []

    @staticmethod
    def _init_mlflow() -> None:
        """Not yet: which servers to start, or none, is known when a run begins."""

    @staticmethod
    def _init_tensorboard() -> None:
        """Not yet, as above."""

    def get_progress_steps(self) -> int:
        return self.get_param_object().settings.epochs

    def stop(self) -> None:
        """Ask a running training to end; what it reached is kept in last.pth."""
        super().stop()
        self._stopped = True

    def begin_task_run(self) -> None:
        """Start the run of MLflow, where one is wanted."""
        settings = self.get_param_object().settings
        if settings.monitoring == "off":
            dataprocess.CDnnTrainTask.begin_task_run(self)
            return
        start_mlflow(settings.monitoring, Path(settings.output_folder))
        super().begin_task_run()

    def end_task_run(self) -> None:
        """Close the logs."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self.get_param_object().settings.monitoring == "off":
            dataprocess.CDnnTrainTask.end_task_run(self)
        else:
            super().end_task_run()

    def run(self) -> None:
        """Train, or go on training.

        Raises:
            ValueError, FileNotFoundError: A parameter, the folder or a clip cannot be used.
        """
        settings = self.get_param_object().settings
        folder = self._output_folder(settings)
        device = self._device(settings)
        clips = find_clips(self._dataset_folder(settings))
        train, held_out = split_clips(clips, settings.validation_share, settings.seed)
        self._stopped, self._history = False, []
        self.begin_task_run()
        keep_teams_whole()
        try:
            if settings.monitoring != "off":
                self._writer = open_tensorboard(settings.monitoring, folder)
            self._train(settings, folder, device, train, held_out)
        finally:
            self.end_task_run()

    def _train(
        self, settings: Settings, folder: Path, device: str, train: list, held_out: list
    ) -> None:
        try:
            prepared = [self._prepared(settings, folder, part) for part in (train, held_out)]
        except InterruptedError:
            logger.info("stopped while the clips were prepared: nothing was trained")
            self._publish(False, 0, train, held_out)
            return
        options = TrainingOptions(
            epochs=settings.epochs,
            batch_size=settings.batch_size,
            learning_rate=settings.learning_rate,
            width=settings.width,
            uses_matte=settings.uses_matte,
            crop=settings.crop_size,
            seed=settings.seed,
            device=device,
        )
        trainer = Trainer(options, *prepared, folder)
        if settings.resume:
            trainer.resume()
        is_done = trainer.run(self._report, lambda: self._stopped)
        self._publish(is_done, trainer.epoch, train, held_out)

    def _prepared(self, settings: Settings, folder: Path, clips: list) -> list[PreparedClip]:
        return [
            prepare_clip(
                clip, folder / CACHE, settings.input_size, settings.seed, lambda: self._stopped
            )
            for clip in clips
        ]

    def _report(self, progress: Progress) -> None:
        values = progress.score.as_dict()
        if not math.isnan(progress.loss):
            values["loss"] = progress.loss
            self.emit_step_progress()
        self._history.append({"epoch": progress.epoch, **values})
        logger.info("epoch %d: %s", progress.epoch, {k: round(v, 4) for k, v in values.items()})
        if self._writer is not None:
            for name, value in values.items():
                part = "train" if name == "loss" else "validation"
                self._writer.add_scalar(f"{part}/{name}", value, progress.epoch)
            self.log_metrics(values, progress.epoch)

    def _publish(self, is_done: bool, epochs: int, train: list, held_out: list) -> None:
        self.get_output(REPORT).data = {
            "finished": is_done,
            "epochs": epochs,
            "training_clips": [clip.name for clip in train],
            "validation_clips": [clip.name for clip in held_out],
            "history": copy.deepcopy(self._history),
        }

    def _dataset_folder(self, settings: Settings) -> str:
        connected = self.get_input(DATASET)
        path = connected.get_path() if connected and connected.is_data_available() else ""
        if not (path or settings.dataset_folder):
            raise ValueError("train_flow_matting has no data: set dataset_folder")
        return path or settings.dataset_folder

    @staticmethod
    def _output_folder(settings: Settings) -> Path:
        if not settings.output_folder:
            raise ValueError("train_flow_matting does not know where to write: set output_folder")
        return Path(settings.output_folder).expanduser()

    @staticmethod
    def _device(settings: Settings) -> str:
        has_cuda = torch.cuda.is_available()
        if settings.device == "cuda" and not has_cuda:
            raise ValueError("device=cuda, but PyTorch sees no CUDA device; use auto or cpu")
        return "cuda" if settings.device != "cpu" and has_cuda else "cpu"


class TrainFlowMattingParamFactory(dataprocess.CTaskParamFactory):
    """Makes the parameter object by name."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "train_flow_matting"

    def create(self) -> TrainFlowMattingParam:
        return TrainFlowMattingParam()


class TrainFlowMattingFactory(dataprocess.CTaskFactory):
    """Describes the task to Ikomia and makes it."""

    def __init__(self) -> None:
        super().__init__()
        info = self.info
        info.name = "train_flow_matting"
        info.short_description = "Train the network of infer_flow_matting on clips of your own"
        info.path = "Plugins/Python/Matting"
        info.version = "0.1.0"
        info.icon_path = "images/icon.png"
        info.authors = "Zijian Kuang, Xinran Tie"
        info.article = "Flow-based Video Segmentation for Human Head and Shoulders"
        info.article_url = "https://arxiv.org/abs/2104.09752"
        info.journal = "arXiv"
        info.year = 2021
        info.license = "Apache-2.0"
        info.min_ikomia_version = "0.16.0"
        info.documentation_link = "https://arxiv.org/abs/2104.09752"
        info.original_repository = "https://github.com/kuangzijian/Flow-Based-Video-Matting"
        info.keywords = "video,matting,alpha,optical flow,train,people"
        info.algo_type = core.AlgoType.TRAIN
        info.algo_tasks = "IMAGE_MATTING"
        info.hardware_config.min_cpu = 2
        info.hardware_config.min_ram = 4
        info.hardware_config.gpu_required = False
        info.hardware_config.min_vram = 4

    def create(self, param: TrainFlowMattingParam | None = None) -> TrainFlowMatting:
        return TrainFlowMatting(self.info.name, param)
