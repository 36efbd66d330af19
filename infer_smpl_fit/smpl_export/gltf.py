"""glTF 2.0: an animated, skinned body in one .glb, for Blender, game engines and web viewers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pygltflib as gl
from scipy.spatial.transform import Rotation

from ..infer_smpl_fit_kit.files import write_bytes
from ..infer_smpl_fit_kit.keypoints.trajectories import origin_near
from ..smpl_body.model import BodyModel, face_normals
from .motion import BodyMotion, joint_names

SURFACE = [0.42, 0.55, 0.72, 1.0]
INFLUENCES = 4
COMPONENTS = {"f4": gl.FLOAT, "u1": gl.UNSIGNED_BYTE, "u4": gl.UNSIGNED_INT}
KINDS = {(): gl.SCALAR, (3,): gl.VEC3, (4,): gl.VEC4, (4, 4): gl.MAT4}


@dataclass
class Buffer:
    """The binary part, and the views and accessors that describe it."""

    data: bytearray = field(default_factory=bytearray)
    views: list[gl.BufferView] = field(default_factory=list)
    accessors: list[gl.Accessor] = field(default_factory=list)

    def add(self, array: np.ndarray, target: int | None = None, bounds: bool = False) -> int:
        """Append an array (little-endian) and return its accessor.

        Args:
            array: (n,), (n, 3), (n, 4) or (n, 4, 4), column-major matrices; f4, u1 or u4.
            target: What a GPU uses it for, None for other data.
            bounds: Store the least and the greatest values, which glTF asks of some accessors.
        """
        self.data.extend(b"\0" * (-len(self.data) % 4))
        view = gl.BufferView(
            buffer=0, byteOffset=len(self.data), byteLength=array.nbytes, target=target
        )
        self.data.extend(np.ascontiguousarray(array).tobytes())
        self.views.append(view)
        accessor = gl.Accessor(
            bufferView=len(self.views) - 1,
            componentType=COMPONENTS[array.dtype.str[1:]],
            count=len(array),
            type=KINDS[array.shape[1:]],
        )
        if bounds:
            accessor.min = np.atleast_1d(array.min(axis=0)).tolist()
            accessor.max = np.atleast_1d(array.max(axis=0)).tolist()
        self.accessors.append(accessor)
        return len(self.accessors) - 1


def write_glb(path: str | Path, motion: BodyMotion, model: BodyModel) -> Path:
    """Write the skinned mesh and its animation.

    A motion far from the world's origin, whose millimetres 32-bit floats cannot hold, is written
    around an origin of whole metres near it, which the scene's extras tell.

    Pose correctives are not stored (glTF has none that follow a pose): bent joints of a licensed
    body lose some volume against SMPL's own surface.

    Args:
        motion: In metres, y up.

    Raises:
        ValueError: The motion does not fit the body.
    """
    motion.check(model)
    buffer = Buffer()
    rest = motion.rest_joints(model)
    joints = len(rest)
    mesh = add_mesh(buffer, motion.scaling * model.vertices(motion.betas), model)
    inverse = np.tile(np.eye(4, dtype="<f4"), (joints, 1, 1))
    # Matrices are stored by column, so that the translation is the last row here.
    inverse[:, 3, :3] = -rest
    skin = gl.Skin(
        inverseBindMatrices=buffer.add(inverse),
        skeleton=0,
        joints=list(range(joints)),
        name="skeleton",
    )
    origin = origin_near(motion.transl, "m")
    extras = {"origin": origin.tolist()} if origin.any() else {}
    animation = add_animation(buffer, replace(motion, transl=motion.transl - origin), rest)
    nodes = joint_nodes(rest, model.parents)
    nodes.append(gl.Node(name="body", mesh=0, skin=0))
    surface = gl.PbrMetallicRoughness(
        baseColorFactor=SURFACE, metallicFactor=0.0, roughnessFactor=0.8
    )
    document = gl.GLTF2(
        asset=gl.Asset(version="2.0", generator="infer_smpl_fit"),
        scene=0,
        scenes=[gl.Scene(nodes=[0, joints], extras=extras)],
        nodes=nodes,
        meshes=[mesh],
        skins=[skin],
        animations=[animation],
        materials=[gl.Material(name="surface", pbrMetallicRoughness=surface, doubleSided=True)],
        accessors=buffer.accessors,
        bufferViews=buffer.views,
        buffers=[gl.Buffer(byteLength=len(buffer.data))],
    )
    document.set_binary_blob(bytes(buffer.data))
    return write_bytes(path, b"".join(document.save_to_bytes()))


def add_mesh(buffer: Buffer, vertices: np.ndarray, model: BodyModel) -> gl.Mesh:
    """The T-pose (N, 3) in metres with normals and skinning."""
    # Of the four strongest joints of each vertex; the others' share goes to them.
    joints = np.argsort(-model.weights, axis=1, kind="stable")[:, :INFLUENCES]
    weights = np.take_along_axis(model.weights, joints, axis=1)
    weights = (weights / weights.sum(axis=1, keepdims=True)).astype("<f4")
    joints = np.where(weights > 0, joints, 0).astype("u1")
    attributes = gl.Attributes(
        POSITION=buffer.add(vertices.astype("<f4"), gl.ARRAY_BUFFER, bounds=True),
        NORMAL=buffer.add(vertex_normals(vertices, model.faces).astype("<f4"), gl.ARRAY_BUFFER),
        JOINTS_0=buffer.add(joints, gl.ARRAY_BUFFER),
        WEIGHTS_0=buffer.add(weights, gl.ARRAY_BUFFER),
    )
    indices = buffer.add(model.faces.ravel().astype("<u4"), gl.ELEMENT_ARRAY_BUFFER)
    part = gl.Primitive(attributes=attributes, indices=indices, material=0, mode=gl.TRIANGLES)
    return gl.Mesh(name="body", primitives=[part])


def vertex_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(N, 3): unit normals, the faces' mean weighted by area; upwards where a vertex has none."""
    normals, by_face = np.zeros_like(vertices), face_normals(vertices, faces)
    for corner in range(3):
        np.add.at(normals, faces[:, corner], by_face)
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.where(lengths > 1e-12, normals / np.maximum(lengths, 1e-12), [0.0, 1.0, 0.0])


def joint_nodes(rest: np.ndarray, parents: np.ndarray) -> list[gl.Node]:
    """One node a joint, at its rest position relative to its parent's."""
    nodes = []
    for joint, name in enumerate(joint_names(len(rest))):
        parent = parents[joint]
        offset = rest[joint] - (rest[parent] if parent >= 0 else 0.0)
        nodes.append(gl.Node(name=name, translation=offset.tolist(), rotation=[0, 0, 0, 1.0]))
        nodes[joint].children = np.flatnonzero(parents == joint).tolist()
    return nodes


def add_animation(buffer: Buffer, motion: BodyMotion, rest: np.ndarray) -> gl.Animation:
    """Rotations of every joint and the root's positions."""
    frames, joints = motion.poses.shape[:2]
    times = buffer.add((np.arange(frames) / motion.fps).astype("<f4"), bounds=True)
    rotations = continuous_quaternions(motion.poses)
    outputs = [buffer.add(rotations[:, joint]) for joint in range(joints)]
    outputs.append(buffer.add((rest[0] + motion.transl).astype("<f4")))
    targets = [gl.AnimationChannelTarget(node=j, path="rotation") for j in range(joints)]
    targets.append(gl.AnimationChannelTarget(node=0, path="translation"))
    return gl.Animation(
        name="motion",
        samplers=[gl.AnimationSampler(input=times, output=output) for output in outputs],
        channels=[gl.AnimationChannel(sampler=n, target=t) for n, t in enumerate(targets)],
    )


def continuous_quaternions(poses: np.ndarray) -> np.ndarray:
    """f4 (F, K, 4): x, y, z, w, with signs that never jump, so that players take the short way."""
    quaternions = Rotation.from_rotvec(poses.reshape(-1, 3)).as_quat()
    quaternions = quaternions.reshape(*poses.shape[:2], 4)
    products = np.einsum("fkq,fkq->fk", quaternions[1:], quaternions[:-1])
    signs = np.cumprod(np.where(products < 0, -1.0, 1.0), axis=0)
    quaternions[1:] *= signs[..., None]
    return quaternions.astype("<f4")
