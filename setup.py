"""The wheel: everything that runs lies in one package, ``human_capture``.

The plugins' folders have the names that the HUB gives them, and ``workflows`` is a name that others
have too. At the top of site-packages they would stand before plugins of the same names in the home
of Ikomia; so they lie in ``human_capture/suite``, which ``human_capture`` makes importable.
"""

from setuptools import find_namespace_packages, setup

SUITE = "human_capture.suite"
ROOMS = ("workflows", "plugin_kit", "infer_*", "extract_*", "train_*")

found = find_namespace_packages(include=[pattern + end for pattern in ROOMS for end in ("", ".*")])
# Caches of bytecode are folders too.
places = {f"{SUITE}.{name}": name.replace(".", "/") for name in found if "__pycache__" not in name}

setup(
    packages=["human_capture", *places],
    package_dir={"human_capture": "human_capture", **places},
    package_data={"": ["*.md", "*.txt", "*.png", "*.jpg", "*.json", "LICENSE", "NOTICE"]}
    | {
        f"{SUITE}.infer_background_matting.weights": ["bgm_builtin_mobilenetv2_fp16.pth"],
        f"{SUITE}.train_background_matting.weights": ["bgm_builtin_mobilenetv2_fp16.pth"],
        f"{SUITE}.infer_people.people_finding.weights": ["*.onnx"],
        f"{SUITE}.infer_smpl_fit.smpl_body": ["builtin_body.npz"],
    },
    include_package_data=False,
)
