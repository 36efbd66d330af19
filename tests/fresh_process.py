"""Fresh processes that need not import PyTorch anew: forks of one that has, and knows no checkout.

An import of PyTorch and torchvision takes seconds of each process. A fork has no module of this
project, no Ikomia and no OpenCV, and its own folder, environment and output.
"""

import atexit
import functools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

SECONDS = 180
HEAVY = ("numpy", "scipy.optimize", "numba", "torch", "torchvision")
SERVER = f"""
import json, os, signal, sys, traceback
for name in {HEAVY!r}:
    try:
        __import__(name)
    except ImportError:
        pass
for line in sys.stdin:
    job = json.loads(line)
    child = os.fork()
    if not child:
        signal.alarm({SECONDS})
        output = os.open(job["output"], os.O_WRONLY | os.O_CREAT)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        status = 1
        try:
            os.chdir(job["cwd"])
            os.environ.clear()
            os.environ.update(job["env"])
            exec(compile(job["script"], "<script>", "exec"), {{"__name__": "__main__"}})
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def run_script(
    script: str,
    cwd: Path,
    changed: Mapping[str, str] = MappingProxyType({}),
    python: str = sys.executable,
) -> tuple[int, str]:
    """Exit status (negative: the signal) and output of a script in a fresh process.

    Its environment is this one's with ``changed``, without PYTHONPATH.
    """
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | dict(changed)
    if not hasattr(os, "fork"):
        done = subprocess.run(
            [python, "-c", script],
            cwd=cwd,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
        )
        return done.returncode, done.stdout
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "output.txt"
        job = {"script": script, "cwd": str(cwd), "env": env, "output": str(output)}
        server = _server(python)
        server.stdin.write(json.dumps(job) + "\n")
        server.stdin.flush()
        status = int(server.stdout.readline())
        return status, output.read_text("utf-8", errors="replace")


@functools.cache
def _server(python: str) -> subprocess.Popen:
    folder = tempfile.TemporaryDirectory()
    server = subprocess.Popen(
        [python, "-c", SERVER],
        cwd=folder.name,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def end() -> None:
        server.stdin.close()
        server.wait()
        folder.cleanup()

    atexit.register(end)
    return server
