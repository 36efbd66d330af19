from collections.abc import Sequence
from typing import Any

import numpy as np
from ikomia.core import CWorkflowTask, IODataType
from ikomia.dataprocess import CWorkflow
from ikomia.dataprocess.registry import IkomiaRegistry

class Workflow(CWorkflow):
    def __init__(self, name: str = ..., registry: IkomiaRegistry = ...) -> None: ...
    def root(self) -> Any: ...
    def set_image_input(
        self,
        array: np.ndarray | None = ...,
        path: str = ...,
        url: str = ...,
        index: int = ...,
        datatype: IODataType = ...,
    ) -> None: ...
    def set_video_input(
        self, path: str = ..., url: str = ..., index: int = ..., datatype: IODataType = ...
    ) -> None: ...
    def set_directory_input(self, folder: str = ..., index: int = ...) -> None: ...
    def set_parameters(  # type: ignore[override]
        self,
        params: dict[str, Any],
        task_obj: CWorkflowTask | None = ...,
        task_name: str = ...,
        index: int = ...,
    ) -> None: ...
    def get_time_metrics(self) -> dict[str, Any]: ...
    def get_tasks(self) -> list[Any]: ...
    def get_task_id(self, task: CWorkflowTask) -> int: ...
    def add_task(
        self,
        task: CWorkflowTask | None = ...,
        name: str = ...,
        params: dict[str, Any] | None = ...,
        auto_connect: bool = ...,
        public_hub: bool = ...,
        private_hub: bool = ...,
    ) -> Any: ...
    # One task where an index is given, else a list of all of that name.
    def find_task(self, name: str, index: int = ...) -> Any: ...
    def connect_tasks(
        self,
        src: CWorkflowTask,
        target: CWorkflowTask,
        edges: Sequence[tuple[int, int]] | None = ...,
    ) -> None: ...
    def run_on(
        self, array: np.ndarray | None = ..., path: str = ..., url: str = ..., folder: str = ...
    ) -> None: ...
    def load(self, path: str) -> None: ...
    def save(
        self,
        path: str,
        exposed_params: dict[str, Any] | None = ...,
        exposed_outputs: dict[str, Any] | None = ...,
    ) -> None: ...
