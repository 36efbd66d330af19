"""A small BVH reader of its own, to check the writer against."""

import numpy as np
from scipy.spatial.transform import Rotation


def read_bvh(text):
    """Names, parents, frame time and joint places (F, K, 3) of a BVH text."""
    head, motion = text.split("MOTION")
    names, parents, offsets, channels, stack = [], [], [], [], []
    for words in (line.split() for line in head.splitlines() if line.strip()):
        if words[0] in ("ROOT", "JOINT"):
            parents.append(stack[-1] if stack else -1)
            current = len(names)
            names.append(words[1])
        elif words[0] == "End":
            current = None
        elif words[0] == "{":
            stack.append(current)
        elif words[0] == "}":
            stack.pop()
        elif words[0] == "OFFSET" and current is not None:
            offsets.append([float(word) for word in words[1:]])
        elif words[0] == "CHANNELS":
            assert int(words[1]) == len(words) - 2
            channels.append(words[2:])
    assert not stack
    lines = motion.strip().splitlines()
    count, frame_time = int(lines[0].split()[1]), float(lines[1].split()[2])
    rows = np.array([[float(word) for word in line.split()] for line in lines[2:]])
    assert len(rows) == count
    return names, parents, frame_time, joint_places(rows, parents, np.array(offsets), channels)


def joint_places(rows, parents, offsets, channels):
    places = np.zeros((len(rows), len(parents), 3))
    turns, start = [], 0
    for joint, (parent, names) in enumerate(zip(parents, channels, strict=True)):
        values = rows[:, start : start + len(names)]
        start += len(names)
        order = "".join(name[0] for name in names if name.endswith("rotation"))
        turn = Rotation.from_euler(order, values[:, -3:], degrees=True)
        if parent < 0:
            assert names[:3] == ["Xposition", "Yposition", "Zposition"]
            turns.append(turn)
            places[:, joint] = offsets[joint] + values[:, :3]
        else:
            turns.append(turns[parent] * turn)
            places[:, joint] = places[:, parent] + turns[parent].apply(offsets[joint])
    assert start == rows.shape[1]
    return places
