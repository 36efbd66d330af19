"""A video before another background: what ``python -m workflows.matting`` does, in a program.

python examples/04_replace_the_background.py [VIDEO]
"""

import drawn
from begin import begin

from workflows.matting import ChainOptions, run_chain

given = begin(__doc__, __file__)
video = given.input or drawn.walk(given.output)

options = ChainOptions(
    video=video,
    output=given.output / "result",
    background=str(drawn.hills(given.output)),
    # What comes with the project; leave both out, and the official weights are taken where they
    # can be fetched.
    matte="people",
    weights="builtin",
    quiet=True,
)
report = run_chain(options)
print(f"{report.frames} frames, {report.alpha['way']}: {report.alpha['reason']}")
print(*(options.output / name for name in report.files.values()), sep="\n")
