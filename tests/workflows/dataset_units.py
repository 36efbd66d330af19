"""What made-up units do: work, fail, crash, fill the disk, take long. A journal says who worked."""

import errno
import os
import signal
import threading
import time
from pathlib import Path


def journal(table):
    """The units that were worked on, in order, each as often as it was."""
    path = table.parent / "journal.txt"
    return path.read_text().split() if path.exists() else []


def work(unit, folder):
    """As the unit's name says, in a table's folder that its only input lies in."""
    (source,) = unit.inputs.values()
    with (source.parent / "journal.txt").open("a") as handle:
        handle.write(f"{unit.name}\n")
    (folder / "half.txt").write_text("half")
    if unit.name.startswith("crash-once"):
        marker = source.with_suffix(".crashed")
        if not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    if unit.name == "kills-parent-once":
        marker = source.with_suffix(".killed")
        if not marker.exists():
            marker.touch()
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(60)
    if unit.name == "dies-late":
        threading.Thread(target=_die_when_whole, args=(folder,), daemon=True).start()
    if unit.name == "always-crashes":
        os._exit(7)
    if unit.name == "always-fails":
        raise ValueError(f"{source.name} is damaged: record it again")
    if unit.name == "full-disk":
        raise OSError(errno.ENOSPC, "No space left on device", str(folder / "a.mp4"))
    if unit.name == "hangs":
        time.sleep(60)
    if "slow" in unit.options:
        time.sleep(0.25)
    os.chdir("/")
    (folder / "result.txt").write_text(source.read_text())
    (folder / "half.txt").unlink()
    return {"frames": 10, "residual_mean_mm": float(len(Path(source).stem))}


def _die_when_whole(folder):
    """End the process once the folder has been put in place."""
    while folder.exists():
        time.sleep(0)
    os.kill(os.getpid(), signal.SIGKILL)


def write_table(folder, names, options=""):
    """A table of units, each with a file of its own as input."""
    rows = ["unit,video,options"]
    for name in names:
        (folder / f"{name}.txt").write_text(f"content of {name}")
        rows.append(f"{name},{name}.txt,{options}")
    table = folder / "table.csv"
    table.write_text("\n".join(rows))
    return table
