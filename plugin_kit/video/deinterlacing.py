"""Whole pictures out of interlaced ones, whose even and odd lines are of two moments."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import cast

from av.error import BlockingIOError, EOFError
from av.filter import Graph
from av.video.frame import VideoFrame


def deinterlaced(frames: Iterable[VideoFrame]) -> Iterator[tuple[VideoFrame, VideoFrame]]:
    """Yield each frame, and the picture to show for it: itself, unless it is interlaced.

    FFmpeg's ``bwdif`` looks at the frames before and after, so that what stands still keeps all of
    its lines. Up to the first interlaced frame nothing is done.
    """
    graph: Graph | None = None
    waiting: deque[VideoFrame] = deque()
    for frame in frames:
        if graph is None and not frame.interlaced_frame:
            yield frame, frame
            continue
        graph = graph or _graph_for(frame)
        waiting.append(frame)
        graph.push(frame)
        yield from _finished(graph, waiting)
    if graph is not None:
        graph.push(None)
        yield from _finished(graph, waiting)


def _graph_for(frame: VideoFrame) -> Graph:
    graph = Graph()
    nodes = [
        graph.add_buffer(
            width=frame.width,
            height=frame.height,
            format=frame.format,
            time_base=frame.time_base,
        ),
        graph.add("bwdif", "mode=send_frame:deint=interlaced"),
        graph.add("buffersink"),
    ]
    graph.link_nodes(*nodes).configure()
    return graph


def _finished(graph: Graph, waiting: deque[VideoFrame]) -> Iterator[tuple[VideoFrame, VideoFrame]]:
    while waiting:
        try:
            yield waiting[0], cast(VideoFrame, graph.pull())
        except (BlockingIOError, EOFError):
            return
        waiting.popleft()
