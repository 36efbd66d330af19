"""How the chains store pictures; known without loading an encoder."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Codec:
    """How pictures of one kind (colour, colour with alpha, or grey) are stored."""

    encoder: str
    suffix: str
    colour: str
    alpha: str | None
    grey: str
    options: dict[str, str]

    def pixel_format(self, channels: int, even_size: bool) -> str:
        """The encoder's pixel format for pictures of 1, 3 or 4 channels.

        Raises:
            ValueError: The codec cannot carry alpha and 4 channels were asked for.
        """
        name = {1: self.grey, 3: self.colour, 4: self.alpha}[channels]
        if name is None:
            raise ValueError(f"{self.encoder} cannot carry an alpha channel")
        # H.264 would cut the last column or line off; VP9 does not.
        is_cut = self.encoder == "libx264" and name == "yuv420p" and not even_size
        return "yuv444p" if is_cut else name

    def quality(self, crf: int) -> dict[str, str]:
        """The encoder's options for a quality of 0 (best) to 51; nothing where it is lossless."""
        scale = {"libx264": 1, "libvpx-vp9": 63 / 51}.get(self.encoder)
        return {} if scale is None else {"crf": str(round(crf * scale))}


# At the same crf these are nearer to the source than the preset veryfast, in their worst blocks
# too, in less than half of its time, for about twice its bits.
# One thread a file: the chains write several at once, and one is nearer to the source at the same
# crf, for a tenth less of CPU time; the file is the same on every machine.
FAST_H264 = {"preset": "ultrafast", "x264-params": "cabac=1:deblock=0,0", "threads": "1"}
# Constant quality; more threads and less search than by default, which takes seconds a frame.
VP9 = {"b": "0", "deadline": "good", "cpu-used": "5", "row-mt": "1", "tile-columns": "1"}
# FFmpeg refuses alpha with alternate reference frames. 0 threads are as many as there are.
VP9 |= {"auto-alt-ref": "0", "threads": "0"}
CODECS = {
    "h264": Codec("libx264", ".mp4", "yuv420p", None, "yuv420p", FAST_H264),
    "ffv1": Codec("ffv1", ".mkv", "bgr0", "bgra", "gray", {"level": "3", "slices": "4"}),
    "prores": Codec(
        "prores_ks", ".mov", "yuv444p10le", "yuva444p10le", "yuv444p10le", {"profile": "4444"}
    ),
    "webm": Codec("libvpx-vp9", ".webm", "yuv420p", "yuva420p", "yuv420p", VP9),
    "png": Codec("png", "", "rgb24", "rgba", "gray", {}),
}
DEFAULT_CRF = 18
