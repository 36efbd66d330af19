"""Bring the files of infer_smpl_fit into a Blender scene: everybody's body, in time and in metres.

In Blender 4.2 or later, or with the package bpy:

    blender --python import_motion.py -- FOLDER [--form bvh] [--save take.blend] [--render a.png]
    python import_motion.py FOLDER ...

FOLDER is the ``output_folder`` of infer_smpl_fit. It runs in Blender's own Python and needs nothing
else.
"""

import argparse
import sys
from math import radians
from pathlib import Path

import bpy
import mathutils
import numpy as np

PICTURE = (960, 720)


def main(arguments: list[str]) -> None:
    """Import a folder into an empty scene; then save or render it, if asked to."""
    parser = argparse.ArgumentParser(prog="import_motion.py", description=__doc__)
    parser.add_argument("folder", type=Path, help="the output_folder of infer_smpl_fit")
    parser.add_argument(
        "--form",
        choices=("glb", "bvh"),
        default="glb",
        help="glb: skinned bodies; bvh: skeletons alone, one a person, for retargeting",
    )
    parser.add_argument("--save", type=Path, help="a .blend file to write")
    parser.add_argument("--render", type=Path, help="a picture of the middle frame to write")
    given = parser.parse_args(arguments)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    frames = set_time(given.folder)
    people = import_bodies(given.folder) if given.form == "glb" else import_bones(given.folder)
    print(f"{len(people)} people, {frames} frames: {', '.join(person.name for person in people)}")
    if given.render:
        bpy.context.scene.frame_set(frames // 2)
        render(given.render.resolve(), people)
    if given.save:
        bpy.ops.wm.save_as_mainfile(filepath=str(given.save.resolve()))


def set_time(folder: Path) -> int:
    """Give the scene the motion's rate and length, and return its frames.

    It comes before any import: the files' keys are in seconds, and Blender puts them on frames by
    the scene's rate.
    """
    motions = sorted(folder.glob("motion*.npz"))
    if not motions:
        raise SystemExit(f"{folder} holds no motion.npz: name the output_folder of infer_smpl_fit")
    with np.load(motions[0]) as motion:
        rate, frames = float(motion["mocap_framerate"]), len(motion["trans"])
    scene = bpy.context.scene
    # Blender's rate is a whole number over another: 59.94 is 60 / 1.001.
    scene.render.fps = max(1, round(rate))
    scene.render.fps_base = scene.render.fps / rate
    scene.frame_start, scene.frame_end = 0, frames - 1
    return frames


def import_bodies(folder: Path) -> list:
    """The armatures of motion.glb, each with its mesh; glTF's y up becomes Blender's z up."""
    bpy.ops.import_scene.gltf(filepath=str(folder / "motion.glb"))
    return [thing for thing in bpy.data.objects if thing.type == "ARMATURE"]


def import_bones(folder: Path) -> list:
    """An armature for each motion*.bvh; centimetres become metres, y up becomes z up.

    Blender puts the first frame of such files on 1 at the earliest, so that the scene begins there.
    """
    scene, people = bpy.context.scene, []
    scene.frame_start, scene.frame_end = scene.frame_start + 1, scene.frame_end + 1
    for path in sorted(folder.glob("motion*.bvh")):
        bpy.ops.import_anim.bvh(
            filepath=str(path),
            global_scale=0.01,
            frame_start=1,
            use_fps_scale=False,
            rotate_mode="NATIVE",
            axis_forward="-Z",
            axis_up="Y",
        )
        people.append(bpy.context.object)
    return people


def render(path: Path, people: list) -> None:
    """Draw the present frame with a sun and a camera that sees everybody."""
    scene = bpy.context.scene
    bones = [person.matrix_world @ bone.head for person in people for bone in person.pose.bones]
    low, high = (mathutils.Vector(map(pick, zip(*bones, strict=True))) for pick in (min, max))
    middle, extent = (low + high) / 2, max((high - low).length, 1.0)
    away = mathutils.Vector((0.5, -1.0, 0.35)).normalized()
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.location = middle + 1.9 * extent * away
    camera.rotation_euler = away.to_track_quat("Z", "Y").to_euler()
    sun = bpy.data.objects.new("sun", bpy.data.lights.new("sun", "SUN"))
    sun.data.energy = 3.0
    sun.rotation_euler = (radians(40), radians(15), 0)
    world = bpy.data.worlds.new("world")
    world.color = (0.8, 0.8, 0.8)
    for thing in (camera, sun):
        scene.collection.objects.link(thing)
    scene.camera, scene.world = camera, world
    scene.render.engine, scene.cycles.device, scene.cycles.samples = "CYCLES", "CPU", 16
    scene.render.resolution_x, scene.render.resolution_y = PICTURE
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    after = sys.argv.index("--") + 1 if "--" in sys.argv else 1
    main(sys.argv[after:])
