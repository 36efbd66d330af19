"""Build the licence-free body of infer_smpl_fit from the package anny, once; see README.md.

Runs in an environment of its own (anny, torch, numpy); nothing here is needed at run time.
Anny's frame is z up, facing -y; SMPL's, used from `to_smpl_frame` on, is y up, facing +z, the
body's left at +x. Lengths are metres.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import anny
import numpy as np
import torch
from anny.shape_distribution import SimpleShapeDistribution
from t_pose import KNUCKLES, Rig, to_t_pose

SAMPLES = 400
AGES = (18.0, 65.0)
SHAPES = 10
MAX_INFLUENCES = 4
REGRESSOR_VERTICES = 64
REGRESSOR_STRIDE = 12
RIDGE = 1e-8
ANNY_VERSION = "0.6.0"

PARENTS = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21]

# The SMPL joint that the head of a bone is; a bone of the right side is one further than its left.
CENTRE_BONES = {"root": 0, "spine04": 3, "spine02": 6, "spine01": 9, "neck01": 12, "head": 15}
SIDE_BONES = {
    "upperleg01": 1,
    "lowerleg01": 4,
    "foot": 7,
    "clavicle": 13,
    "upperarm01": 16,
    "lowerarm01": 18,
    "wrist": 20,
    **dict.fromkeys([f"toe{toe}-1" for toe in range(1, 6)], 10),
    **dict.fromkeys(KNUCKLES, 22),
}

# Where smplx.vertex_ids["smplh"] looks for landmarks.
SLOTS = {
    "nose": 332,
    "right_eye": 6260,
    "left_eye": 2800,
    "right_ear": 4071,
    "left_ear": 583,
    "left_big_toe": 3216,
    "left_small_toe": 3226,
    "left_heel": 3387,
    "right_big_toe": 6617,
    "right_small_toe": 6624,
    "right_heel": 6787,
}
TIP_SLOTS = {"left": [2746, 2319, 2445, 2556, 2673], "right": [6191, 5782, 5905, 6016, 6133]}


def to_smpl_frame(points: np.ndarray) -> np.ndarray:
    """(..., 3): z up, facing -y -> y up, facing +z."""
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], axis=-1)


def merged_joint(label: str) -> int | None:
    """The SMPL joint a bone's head starts, or None where it belongs to its parent's joint."""
    name, _, side = label.partition(".")
    if name in SIDE_BONES:
        return SIDE_BONES[name] + (side == "R")
    return CENTRE_BONES.get(label)


def read_rig(model: anny.Anny) -> Rig:
    labels, parents = list(model.bone_labels), list(model.bone_parents)
    owner = []
    for label, parent in zip(labels, parents, strict=True):
        joint = merged_joint(label)
        owner.append(owner[parent] if joint is None else joint)
    indices = model.vertex_bone_indices.numpy()
    weights = np.zeros((len(indices), len(labels)))
    np.add.at(weights, (np.arange(len(indices))[:, None], indices), model.vertex_bone_weights)
    return Rig(labels, parents, weights, np.array(owner), visible_faces(model))


def visible_faces(model: anny.Anny) -> np.ndarray:
    """(M, 3): without the tongue and the insides of mouth, eyes and nose."""
    faces = model.faces.numpy()
    root = anny.paths.get_anny_root_dir()
    inner = torch.load(root / "data/template_mesh_internal_cavities.pth", weights_only=True)
    hidden = np.isin(model.base_mesh_vertex_indices.numpy(), inner["vertex_indices"])
    component = components(faces, len(hidden))
    sizes = np.bincount(component)[component]
    # Eyes have fewer than 100 vertices, the tongue fewer than 1000.
    hidden = (sizes >= 100) & (hidden | (sizes < 1000))
    return faces[~hidden[faces].all(axis=1)]


def components(faces: np.ndarray, count: int) -> np.ndarray:
    """(N,): the smallest vertex of each vertex's connected part."""
    label, before = np.arange(count), np.empty(0)
    while not np.array_equal(label, before):
        before = label.copy()
        np.minimum.at(label, faces, before[faces].min(axis=1, keepdims=True))
        label = label[label]
    return label


def smpl_joints(rig: Rig, places: np.ndarray) -> np.ndarray:
    """(24, 3): heads of the first bones; knuckles and toes by their mean."""
    starts = [[] for _ in PARENTS]
    for bone, label in enumerate(rig.labels):
        joint = merged_joint(label)
        if joint is not None:
            starts[joint].append(places[bone])
    return np.array([np.mean(points, axis=0) for points in starts])


def sample_bodies(model: anny.Anny, rig: Rig) -> tuple[np.ndarray, np.ndarray]:
    """Random adults in the T-pose: vertices (S, N, 3) and joints (S, 24, 3), centred."""
    torch.manual_seed(7)
    low, high = (torch.tensor(age, dtype=model.dtype) for age in AGES)
    ages = torch.distributions.Uniform(low, high)
    _, phenotypes = SimpleShapeDistribution(model, ages).sample(SAMPLES)
    bodies, joints = [], []
    for index in range(SAMPLES):
        phenotype = {key: value[index : index + 1] for key, value in phenotypes.items()}
        rest = model(phenotype_kwargs=phenotype)
        vertices = to_smpl_frame(rest["rest_vertices"][0].numpy())
        heads = to_smpl_frame(rest["rest_bone_heads"][0].numpy())
        posed, places = to_t_pose(rig, vertices, heads)
        places = smpl_joints(rig, places)
        centre = posed.mean(axis=0)
        bodies.append(posed - centre)
        joints.append(places - centre)
    return np.array(bodies), np.array(joints)


def shape_space(bodies: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Mean (N, 3), components (N, 3, SHAPES) in standard deviations, share of variance kept.

    Component 0 is the regression on stature; the others are the principal components of what
    stature leaves over, so that fat and build do not hide behind height.
    """
    mean = bodies.mean(axis=0)
    rest = (bodies - mean).reshape(len(bodies), -1)
    total = (rest**2).sum()
    stature = bodies[..., 1].max(axis=1) - bodies[..., 1].min(axis=1)
    score = (stature - stature.mean()) / stature.std()
    height = score @ rest / len(bodies)
    rest = rest - score[:, None] * height
    _, values, directions = np.linalg.svd(rest, full_matrices=False)
    spread = values[: SHAPES - 1] / np.sqrt(len(bodies))
    shapes = np.vstack([height, directions[: SHAPES - 1] * spread[:, None]])
    left = (rest**2).sum() - (values[: SHAPES - 1] ** 2).sum()
    print(f"stature {stature.mean():.3f} ± {stature.std():.3f} m")
    return mean, shapes.T.reshape(*mean.shape, SHAPES), 1 - left / total


def regress_joint(
    bodies: np.ndarray, joint: np.ndarray, mean: np.ndarray, place: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Sparse weights of one joint: exact on the mean, least squares on the samples.

    Args:
        bodies: (S, N, 3).
        joint: (S, 3).
        mean: (N, 3).
        place: (3,), the joint of the mean.

    Returns:
        Vertices and their weights, which sum to 1.
    """
    near = np.argsort(np.linalg.norm(mean - place, axis=1))
    vertices = np.sort(near[: REGRESSOR_VERTICES * REGRESSOR_STRIDE : REGRESSOR_STRIDE])
    spread = (bodies[:, vertices] - mean[vertices]).transpose(0, 2, 1).reshape(-1, len(vertices))
    wanted = (joint - place).reshape(-1)
    ridge = RIDGE * len(wanted)
    uniform = np.full(len(vertices), 1 / len(vertices))
    matrix = spread.T @ spread + ridge * np.eye(len(vertices))
    exact = np.vstack([np.ones(len(vertices)), mean[vertices].T])
    system = np.block([[matrix, exact.T], [exact, np.zeros((4, 4))]])
    right = np.concatenate([spread.T @ wanted + ridge * uniform, [1.0], place])
    return vertices, np.linalg.solve(system, right)[: len(vertices)]


def merge_weights(rig: Rig) -> np.ndarray:
    """(N, 24): anny's skinning on SMPL's joints, at most MAX_INFLUENCES of them a vertex."""
    merged = np.zeros((len(rig.weights), len(PARENTS)))
    for bone, joint in enumerate(rig.owner):
        merged[:, joint] += rig.weights[:, bone]
    smallest = np.argsort(merged, axis=1)[:, :-MAX_INFLUENCES]
    np.put_along_axis(merged, smallest, 0, axis=1)
    return merged / merged.sum(axis=1, keepdims=True)


def landmark_vertices(
    model: anny.Anny, rig: Rig, mean: np.ndarray, used: np.ndarray
) -> dict[str, int]:
    """Vertex of every landmark: on the surface, next to anny's COCO key points.

    Those points lie inside the head; the tip of the nose and the pupils are the foremost vertices.
    """
    root = anny.paths.get_anny_root_dir()
    points = torch.load(root / "data/keypoints/coco.pth", weights_only=True)
    found = {}
    for name in SLOTS:
        place = points[name][model.base_mesh_vertex_indices].numpy() @ mean
        distance = np.linalg.norm(mean - place, axis=1)
        if name.endswith("_eye"):
            ball = rig.weights[:, rig.bone(f"eye.{name[0].upper()}")] > 0.5
            found[name] = highest(mean[:, 2], used & ball)
        elif name == "nose":
            found[name] = highest(mean[:, 2], used & (distance < 0.03))
        else:
            found[name] = highest(-distance, used)
        print(f"{name}: {1000 * distance[found[name]]:.1f} mm from the key point")
    return found


def highest(values: np.ndarray, among: np.ndarray) -> int:
    return int(np.where(among, values, -np.inf).argmax())


def finger_tips(rig: Rig, mean: np.ndarray, used: np.ndarray, side: str) -> list[int]:
    """The outermost vertex of each finger, thumb first."""
    bones = [rig.bone(f"finger{finger}-3.{side}") for finger in range(1, 6)]
    return [highest(np.abs(mean[:, 0]), used & (rig.weights[:, bone] > 0.5)) for bone in bones]


def slot_order(landmarks: dict[int, int], used: np.ndarray) -> np.ndarray:
    """(N',): the old vertex of every new one: unused ones dropped, landmarks at their slots."""
    order = np.flatnonzero(used)
    for slot, vertex in landmarks.items():
        now = int(np.flatnonzero(order == vertex)[0])
        order[[slot, now]] = order[[now, slot]]
    return order


def build(out: Path) -> None:
    model = anny.Anny()
    assert anny.__version__ == ANNY_VERSION, anny.__version__
    rig = read_rig(model)
    bodies, joints = sample_bodies(model, rig)
    used = np.zeros(bodies.shape[1], dtype=bool)
    used[rig.faces] = True
    mean = bodies.mean(axis=0)
    marks = landmark_vertices(model, rig, mean, used)
    slots = {SLOTS[name]: vertex for name, vertex in marks.items()}
    for side, places in TIP_SLOTS.items():
        slots.update(zip(places, finger_tips(rig, mean, used, side[0].upper()), strict=True))
    order = slot_order(slots, used)
    where = np.full(len(used), -1)
    where[order] = np.arange(len(order))
    weights = merge_weights(rig)[order]
    bodies = bodies[:, order]
    bodies -= (centre := bodies.mean(axis=1, keepdims=True))
    joints -= centre
    mean, shapes, kept = shape_space(bodies)
    place = joints.mean(axis=0)
    rows, columns, values = [], [], []
    for joint in range(len(PARENTS)):
        vertices, share = regress_joint(bodies, joints[:, joint], mean, place[joint])
        rows += [joint] * len(vertices)
        columns += vertices.tolist()
        values += share.tolist()
        reached = bodies[:, vertices].transpose(0, 2, 1) @ share
        error = 1000 * np.linalg.norm(reached - joints[:, joint], axis=1)
        print(f"joint {joint}: {error.mean():.2f} mm, worst {error.max():.2f} mm")
    vertex, joint = np.nonzero(weights)
    # The weights and the regressor go as (row, column, value).
    np.savez_compressed(
        out,
        v_template=mean.astype(np.float32),
        shapedirs=shapes.astype(np.float32),
        faces=where[rig.faces].astype(np.uint16),
        parents=np.array(PARENTS, np.int8),
        weights_vertex=vertex.astype(np.uint16),
        weights_joint=joint.astype(np.uint8),
        weights_value=weights[vertex, joint].astype(np.float32),
        regressor_joint=np.array(rows, np.uint8),
        regressor_vertex=np.array(columns, np.uint16),
        regressor_value=np.array(values, np.float64),
        landmark_names=np.array(list(SLOTS)),
        landmark_vertices=np.array(list(SLOTS.values()), np.uint16),
        about=np.array(json.dumps({"anny": ANNY_VERSION, "samples": SAMPLES, "ages": AGES})),
    )
    print(f"{len(order)} vertices, {len(rig.faces)} faces, {kept:.4f} of the variance")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="builtin_body.npz")
    build(parser.parse_args().out)
