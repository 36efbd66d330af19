"""glTF 2.0: an animated, skinned body in one .glb, for Blender, game engines and web viewers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pygltflib as gl
from scipy.spatial.transform import Rotation

from ..infer_smpl_fit_kit.files import write_bytes
from ..infer_smpl_fit_kit.keypoints.trajectories import origin_near
from ..smpl_body.model import BodyModel, face_normals
from .figures import Figure, linear
from .motion import BodyMotion, joint_names

# The colour of somebody who is alone.
SURFACE = (174, 196, 220)
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
    """Write one person's skinned mesh and its animation; see :func:`write_people_glb`."""
    return write_people_glb(path, [Figure(motion, SURFACE)], model)


def write_people_glb(path: str | Path, figures: Sequence[Figure], model: BodyModel) -> Path:
    """Write everybody's skinned mesh, each with a skeleton and a colour, in one animation.

    Nodes bear the person's name before their own, and joints hang on a node of that name. Who is
    not there is scaled to nothing, which is how glTF says that something is not drawn.

    Motions far from the world's origin, whose millimetres 32-bit floats cannot hold, are written
    around an origin of whole metres near them, which the scene's extras tell.

    Pose correctives are not stored (glTF has none that follow a pose): bent joints of a licensed
    body lose some volume against SMPL's own surface.

    Args:
        path: Where to.
        figures: In metres, y up; of one length and rate.
        model: The body.

    Raises:
        ValueError: A motion does not fit the body.
    """
    for figure in figures:
        figure.motion.check(model)
    origin = origin_near(np.concatenate([figure.motion.transl for figure in figures]), "m")
    document = gl.GLTF2(
        asset=gl.Asset(version="2.0", generator="infer_smpl_fit"),
        scene=0,
        scenes=[gl.Scene(nodes=[], extras={"origin": origin.tolist()} if origin.any() else {})],
    )
    buffer, animation = Buffer(), gl.Animation(name="motion", samplers=[], channels=[])
    times = buffer.add(_times(figures[0].motion, np.arange(len(figures[0].motion))), bounds=True)
    for figure in figures:
        moved = replace(figure.motion, transl=figure.motion.transl - origin)
        _add_figure(document, buffer, replace(figure, motion=moved), model)
        _animate(animation, buffer, moved, model, times=times, root=document.skins[-1].joints[0])
    document.animations = [animation]
    document.accessors, document.bufferViews = buffer.accessors, buffer.views
    document.buffers = [gl.Buffer(byteLength=len(buffer.data))]
    document.set_binary_blob(bytes(buffer.data))
    return write_bytes(path, b"".join(document.save_to_bytes()))


def _add_figure(document: gl.GLTF2, buffer: Buffer, figure: Figure, model: BodyModel) -> None:
    """Nodes, skin, mesh and surface of one person."""
    motion, before = figure.motion, f"{figure.name}_" if figure.name else ""
    rest, first = motion.rest_joints(model), len(document.nodes)
    joints = len(rest)
    inverse = np.tile(np.eye(4, dtype="<f4"), (joints, 1, 1))
    # Matrices are stored by column, so that the translation is the last row here.
    inverse[:, 3, :3] = -rest
    mesh = add_mesh(buffer, motion.scaling * model.vertices(motion.betas), model)
    mesh.name = f"{before}body"
    mesh.primitives[0].material = len(document.materials)
    surface = gl.PbrMetallicRoughness(
        baseColorFactor=[*linear(figure.colour), 1.0], metallicFactor=0.0, roughnessFactor=0.8
    )
    body = gl.Node(name=f"{before}body", mesh=len(document.meshes), skin=len(document.skins))
    document.skins.append(
        gl.Skin(
            inverseBindMatrices=buffer.add(inverse),
            skeleton=first,
            joints=list(range(first, first + joints)),
            name=f"{before}skeleton",
        )
    )
    document.nodes += [*joint_nodes(rest, model.parents, first=first, before=before), body]
    root = first
    if figure.name:
        # Blender makes one skeleton of all people who have no node of their own above them.
        root = document.skins[-1].skeleton = len(document.nodes)
        document.nodes.append(gl.Node(name=figure.name, children=[first]))
    document.scenes[0].nodes += [root, first + joints]
    document.meshes.append(mesh)
    document.materials.append(
        gl.Material(name=f"{before}surface", pbrMetallicRoughness=surface, doubleSided=True)
    )


def _times(motion: BodyMotion, frames: np.ndarray) -> np.ndarray:
    return (frames / motion.fps).astype("<f4")


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


def joint_nodes(
    rest: np.ndarray, parents: np.ndarray, *, first: int = 0, before: str = ""
) -> list[gl.Node]:
    """One node a joint, at its rest position relative to its parent's.

    Args:
        rest: (K, 3).
        parents: (K,).
        first: The number of the first of these nodes.
        before: What the joints' names begin with.
    """
    nodes = []
    for joint, name in enumerate(joint_names(len(rest))):
        parent = parents[joint]
        offset = rest[joint] - (rest[parent] if parent >= 0 else 0.0)
        node = gl.Node(name=before + name, translation=offset.tolist(), rotation=[0, 0, 0, 1.0])
        node.children = (first + np.flatnonzero(parents == joint)).tolist()
        nodes.append(node)
    return nodes


def _animate(
    animation: gl.Animation,
    buffer: Buffer,
    motion: BodyMotion,
    model: BodyModel,
    *,
    times: int,
    root: int,
) -> None:
    """Add rotations of every joint, the root's positions, and where the person is there.

    Args:
        animation: What they are added to.
        buffer: Holds the keys.
        motion: In metres.
        model: The body.
        times: The accessor of the frames' times.
        root: The node of the root.
    """

    def add(node: int, path: str, keys: tuple[int, int], how: str = gl.ANIM_LINEAR) -> None:
        target = gl.AnimationChannelTarget(node=node, path=path)
        channel = gl.AnimationChannel(sampler=len(animation.samplers), target=target)
        animation.channels.append(channel)
        animation.samplers.append(
            gl.AnimationSampler(input=keys[0], output=keys[1], interpolation=how)
        )

    rotations = continuous_quaternions(motion.poses)
    for joint in range(rotations.shape[1]):
        add(root + joint, "rotation", (times, buffer.add(rotations[:, joint])))
    places = motion.rest_joints(model)[0] + motion.transl
    add(root, "translation", (times, buffer.add(places.astype("<f4"))))
    if not motion.shown.all():
        shown = motion.shown.astype("<f4")
        frames = np.flatnonzero(np.diff(shown, prepend=-1.0))
        sizes = buffer.add(np.repeat(shown[frames, None], 3, axis=1))
        keys = buffer.add(_times(motion, frames), bounds=True), sizes
        add(root, "scale", keys, gl.ANIM_STEP)


def continuous_quaternions(poses: np.ndarray) -> np.ndarray:
    """f4 (F, K, 4): x, y, z, w, with signs that never jump, so that players take the short way."""
    quaternions = Rotation.from_rotvec(poses.reshape(-1, 3)).as_quat()
    quaternions = quaternions.reshape(*poses.shape[:2], 4)
    products = np.einsum("fkq,fkq->fk", quaternions[1:], quaternions[:-1])
    signs = np.cumprod(np.where(products < 0, -1.0, 1.0), axis=0)
    quaternions[1:] *= signs[..., None]
    return quaternions.astype("<f4")
