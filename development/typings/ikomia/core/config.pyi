from typing import Any

main_cfg: dict[str, dict[str, Any]]
