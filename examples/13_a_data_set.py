"""A function of yours over a data set, in parallel, that goes on where it was broken off.

    python examples/13_a_data_set.py [FOLDER]

FOLDER holds a folder a take, with a video a camera in each.
"""

import drawn
from begin import begin

from workflows.dataset.command import main

given = begin(__doc__, __file__)
root = given.input or given.output / "takes"
if given.input is None:
    for take in ("first", "second"):
        (root / take).mkdir(parents=True, exist_ok=True)
        drawn.walk(root / take, frames=3)

arguments = [str(root), "--task", "examples.brightness:measure", "--output"]
code = main([*arguments, str(given.output / "results"), "--workers", "1", "--quiet"])
results = sorted((given.output / "results").rglob("brightness.json"))
print(*(f"{path.parent.name}: {path.read_text()}" for path in results), sep="\n")
