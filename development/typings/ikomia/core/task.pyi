from typing import Any

from ikomia.core import CWorkflowTaskParam

class TaskParam(CWorkflowTaskParam):
    cfg: dict[str, Any]
    def __init__(self) -> None: ...
