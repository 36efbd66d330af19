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
        # 4:2:0 halves the chroma planes, which an odd side does not allow.
        return "yuv444p" if name == "yuv420p" and not even_size else name


# At the same crf these are nearer to the source than the preset veryfast, in their worst blocks
# too, in less than half of its time, for about twice its bits.
FAST_H264 = {"preset": "ultrafast", "x264-params": "cabac=1:deblock=0,0"}
CODECS = {
    "h264": Codec("libx264", ".mp4", "yuv420p", None, "yuv420p", FAST_H264),
    "ffv1": Codec("ffv1", ".mkv", "bgr0", "bgra", "gray", {"level": "3", "slices": "4"}),
    "prores": Codec(
        "prores_ks", ".mov", "yuv444p10le", "yuva444p10le", "yuv444p10le", {"profile": "4444"}
    ),
    "png": Codec("png", "", "rgb24", "rgba", "gray", {}),
}
DEFAULT_CRF = 18
