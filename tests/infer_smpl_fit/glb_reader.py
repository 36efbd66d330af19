"""What a .glb file holds, and where it puts its meshes."""

import json

import numpy as np
from scipy.spatial.transform import Rotation


class Glb:
    """A reader of .glb files that follows the specification, not pygltflib."""

    TYPES = {5121: "u1", 5125: "<u4", 5126: "<f4"}
    WIDTHS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}

    def __init__(self, blob):
        magic, version, total = np.frombuffer(blob[:12], "<u4")
        assert (magic, version, total) == (0x46546C67, 2, len(blob))
        length = int.from_bytes(blob[12:16], "little")
        assert blob[16:20] == b"JSON"
        self.json = json.loads(blob[20 : 20 + length])
        rest = blob[20 + length :]
        assert rest[4:8] == b"BIN\0"
        assert len(blob) % 4 == 0
        self.binary = rest[8 : 8 + int.from_bytes(rest[:4], "little")]

    def array(self, index):
        accessor = self.json["accessors"][index]
        view = self.json["bufferViews"][accessor["bufferView"]]
        width = self.WIDTHS[accessor["type"]]
        kind = np.dtype(self.TYPES[accessor["componentType"]])
        assert accessor["count"] * width * kind.itemsize == view["byteLength"]
        assert view["byteOffset"] % 4 == 0
        values = np.frombuffer(
            self.binary, kind, accessor["count"] * width, offset=view["byteOffset"]
        ).reshape(-1, width)
        if "min" in accessor:
            assert np.allclose(values.min(axis=0), accessor["min"], atol=1e-7)
            assert np.allclose(values.max(axis=0), accessor["max"], atol=1e-7)
        return values

    def skinned(self, frame, person=0):
        """(N, 3): a mesh's vertices at a key frame, by the specification's own formula."""
        nodes, skin = self.json["nodes"], self.json["skins"][person]
        local = [
            {"translation": np.zeros(3), "rotation": [0, 0, 0, 1.0], "scale": np.ones(3), **node}
            for node in nodes
        ]
        animation = self.json["animations"][0]
        now = self.array(animation["samplers"][0]["input"])[frame]
        for channel in animation["channels"]:
            sampler = animation["samplers"][channel["sampler"]]
            times = self.array(sampler["input"])[:, 0]
            assert len(times) == len(self.array(sampler["output"]))
            key = np.flatnonzero(times <= now)[-1]
            assert sampler["interpolation"] == "STEP" or times[key] == now
            value = self.array(sampler["output"])[key]
            local[channel["target"]["node"]][channel["target"]["path"]] = value
        matrices = {}

        def visit(number, above):
            matrix = np.eye(4)
            matrix[:3, 3] = local[number]["translation"]
            turn = Rotation.from_quat(local[number]["rotation"]).as_matrix()
            matrix[:3, :3] = turn * local[number]["scale"]
            matrices[number] = above @ matrix
            for child in nodes[number].get("children", []):
                visit(child, matrices[number])

        for root in self.json["scenes"][0]["nodes"]:
            visit(root, np.eye(4))
        inverse = self.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
        bones = np.array([matrices[node] for node in skin["joints"]]) @ inverse
        attributes = self.json["meshes"][person]["primitives"][0]["attributes"]
        weights, joints = self.array(attributes["WEIGHTS_0"]), self.array(attributes["JOINTS_0"])
        blended = np.einsum("nw,nwab->nab", weights, bones[joints])
        points = np.column_stack([self.array(attributes["POSITION"]), np.ones(len(weights))])
        return np.einsum("nab,nb->na", blended, points)[:, :3]
