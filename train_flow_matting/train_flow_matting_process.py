"""The Ikomia task that trains the flow matting network: parameters, clips, loop, logs."""

import logging
import math
from dataclasses import asdict
from pathlib import Path

from ikomia import core

from .flow_matting_training import (
    ClipFiles,
    PreparedClip,
    Progress,
    Split,
    Trainer,
    TrainingOptions,
    find_clips,
    make_keyed_clips,
    prepare_clip,
    split_clips,
)
from .parameters import Settings, TrainFlowMattingParam
from .ports import Input, Output
from .train_flow_matting_kit.device import device_of, keep_teams_whole
from .train_flow_matting_kit.factories import Metadata, PluginParamFactory, PluginTaskFactory
from .train_flow_matting_kit.ports import publish_dictionary
from .train_flow_matting_kit.stopping import Stopped
from .train_flow_matting_kit.training_task import TrainingTask

logger = logging.getLogger(__name__)

CACHE = "flow_cache"
KEYED = "keyed_clips"


class TrainFlowMatting(TrainingTask):
    """A folder of clips → best.pth and last.pth, curves, and a report."""

    param_class = TrainFlowMattingParam

    def __init__(self, name: str, param: TrainFlowMattingParam | None) -> None:
        super().__init__(name, param)
        self._history: list[dict[str, float]] = []

    def get_progress_steps(self) -> int:
        return self.settings.epochs

    def run(self) -> None:
        """Train, or go on training; ValueError or FileNotFoundError where a clip is no good."""
        settings = self.settings
        folder, options = self.results_folder, _options(settings)
        self._stopped, self._history = False, []
        try:
            clips = find_clips(self._made_folder(settings))
        except Stopped:
            logger.info("stopped while the data set was made: finished clips are kept")
            self._publish(False, 0, Split([], []))
            return
        split = split_clips(clips, settings.validation_share, settings.seed)
        self.begin_task_run()
        keep_teams_whole()
        try:
            trainer = Trainer(options, self._prepared(settings, split, folder / CACHE), folder)
            if settings.resume:
                trainer.resume()
            is_done = trainer.run(self._report, self.should_stop)
            self._publish(is_done, trainer.epoch, split)
        except Stopped:
            logger.info("stopped while the clips were prepared: nothing was trained")
            self._publish(False, 0, split)
        finally:
            self.end_task_run()

    def _prepared(
        self, settings: Settings, split: Split[ClipFiles], cache: Path
    ) -> Split[PreparedClip]:
        size, seed = settings.input_size, settings.seed
        training, validation = (
            [
                prepare_clip(clip, cache, size, seed=seed, should_stop=self.should_stop)
                for clip in clips
            ]
            for clips in (split.training, split.validation)
        )
        return Split(training, validation)

    def _report(self, progress: Progress) -> None:
        values = asdict(progress.score)
        if not math.isnan(progress.loss):
            values["loss"] = progress.loss
            self.emit_step_progress()
        self._history.append({"epoch": progress.epoch, **values})
        logger.info("epoch %d: %s", progress.epoch, {k: round(v, 4) for k, v in values.items()})
        self.log_values(values, progress.epoch)

    def _publish(self, is_done: bool, epochs: int, split: Split[ClipFiles]) -> None:
        report = {
            "finished": is_done,
            "epochs": epochs,
            "training_clips": [clip.name for clip in split.training],
            "validation_clips": [clip.name for clip in split.validation],
            "history": self._history,
        }
        publish_dictionary(self, Output.REPORT, report)

    def _made_folder(self, settings: Settings) -> Path:
        """The folder of the clips, made of green-screen clips where there are such."""
        if not settings.green_screen_folder:
            return Path(self._dataset_folder(settings))
        if not settings.background_folder:
            raise ValueError(
                "train_flow_matting has no backgrounds to lay the green-screen clips over: set "
                "background_folder"
            )
        return make_keyed_clips(
            settings.green_screen_folder,
            settings.background_folder,
            self._given_folder(settings) or self.results_folder / KEYED,
            settings.keying,
            should_stop=self.should_stop,
        )

    def _given_folder(self, settings: Settings) -> str:
        return self.connected_folder(Input.DATASET) or settings.dataset_folder

    def _dataset_folder(self, settings: Settings) -> str:
        folder = self._given_folder(settings)
        if not folder:
            raise ValueError(
                "train_flow_matting has no data: set dataset_folder, or green_screen_folder"
            )
        return folder


def _options(settings: Settings) -> TrainingOptions:
    same = {"epochs", "batch_size", "learning_rate", "width", "uses_matte", "seed"}
    return TrainingOptions(
        **settings.model_dump(include=same),
        crop=settings.crop_size,
        device=device_of(settings.device),
    )


class TrainFlowMattingParamFactory(PluginParamFactory):
    plugin = "train_flow_matting"
    param_class = TrainFlowMattingParam


class TrainFlowMattingFactory(PluginTaskFactory):
    task_class = TrainFlowMatting
    metadata = Metadata(
        name="train_flow_matting",
        short_description="Train the network of infer_flow_matting on clips of your own",
        path="Plugins/Python/Matting",
        authors="Zijian Kuang, Xinran Tie",
        article="Flow-based Video Segmentation for Human Head and Shoulders",
        article_url="https://arxiv.org/abs/2104.09752",
        journal="arXiv",
        year=2021,
        documentation_link="https://arxiv.org/abs/2104.09752",
        original_repository="https://github.com/kuangzijian/Flow-Based-Video-Matting",
        keywords="video,matting,alpha,optical flow,train,people",
        algo_tasks="IMAGE_MATTING",
        algo_type=core.AlgoType.TRAIN,
        min_vram=4,
    )
