from typing import Any

from ikomia.core import CWorkflowTaskIO

class DataDictIO(CWorkflowTaskIO):
    data: dict[str, Any]
    def __init__(self) -> None: ...
