"""Figures painted as pictures: once for all places that show the same, and beside the notebook.

Most figures of a county's report are those of the next county's. What is painted is kept by what
the figure consists of and by the style it is painted in.
"""

import io
import pickle
import re
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from tempfile import mkstemp
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.transforms import TransformNode
from numpy.typing import NDArray

from naveval.disclosure.scan import pictures
from naveval.project import store
from naveval.project.errors import EstimationError


@dataclass(frozen=True)
class _Painted:
    """A vector picture, "" for none, and the bytes of a raster one, empty for none."""

    vector: str
    raster: NDArray[np.uint8]


@dataclass(frozen=True)
class _Drawing:
    """A process that writes pictures, and what it has been asked for."""

    process: Executor
    waiting: deque[Future[None]] = field(default_factory=deque)

    def ask(self, figure: bytes, picture: Path, *options: Any) -> None:
        """Have a picture written; its figure goes by a file, since a full pipe can wait forever."""
        number, name = mkstemp(dir=picture.parent, suffix=".drawing")
        with open(number, "wb") as file:
            file.write(figure)
        with _death_told():
            asked = self.process.submit(_write_from, name, picture, *options)
        self.waiting.append(asked)


_drawing: ContextVar[_Drawing | None] = ContextVar("drawing", default=None)


def ask(figure: Figure, picture: Path, dpi: int, *, vector: bool, to_phone: bool) -> None:
    """Have a figure written, by the process beside this one where there is one.

    Parameters
    ----------
    picture
        The raster picture; the vector one has its name with another ending.
    dpi
        Dots per inch of the raster picture.
    vector
        Whether there is a vector picture, unless it has marks that could be single persons.
    to_phone
        Whether the vector picture takes the raster one's place.
    """
    given = _pickled(figure)
    if drawing := _drawing.get():
        drawing.ask(given, picture, dpi, vector, to_phone)
    else:
        _write(given, lambda: figure, picture, dpi, vector, to_phone)


@contextmanager
def beside(begin: Callable[[], None]) -> Iterator[None]:
    """Pictures that are saved within are written by a process beside this one.

    It is forked here and now, before anything has started threads that it could not take along,
    and begins with `begin`.
    """
    with ProcessPoolExecutor(1, get_context("fork"), initializer=begin) as process:
        process.submit(int).result()
        token = _drawing.set(_Drawing(process))
        try:
            yield
        finally:
            _drawing.reset(token)


def wait() -> None:
    """Wait for the pictures that another process writes.

    Raises
    ------
    EstimationError
        When that process has died.
    OSError
        When a picture could not be written.
    """
    drawing = _drawing.get()
    while drawing and drawing.waiting:
        with _death_told():
            drawing.waiting.popleft().result()


@contextmanager
def _death_told() -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool:
        raise EstimationError(
            "the process that draws figures died, most often for lack of memory"
        ) from None


class _Pickler(pickle.Pickler):
    """Gives the same bytes for the same figure: transforms are known by numbers, not addresses."""

    def reducer_override(self, given: Any) -> Any:
        if not isinstance(given, TransformNode):
            return NotImplemented
        reduced: Any = given.__reduce_ex__(pickle.HIGHEST_PROTOCOL)
        make, arguments, state, *rest = reduced
        parents = dict(enumerate(state["_parents"].values()))
        return make, arguments, {**state, "_parents": parents}, *rest


def _pickled(figure: Figure) -> bytes:
    file = io.BytesIO()
    _Pickler(file).dump(figure)
    return file.getvalue()


def _write_from(name: str, picture: Path, dpi: int, vector: bool, to_phone: bool) -> None:
    given = Path(name).read_bytes()
    Path(name).unlink()
    _write(given, lambda: pickle.loads(given), picture, dpi, vector, to_phone)


def _write(
    given: bytes,
    figure: Callable[[], Figure],
    picture: Path,
    dpi: int,
    vector: bool,
    to_phone: bool,
) -> None:
    """Write the pictures of a figure, painted before or now; `given` is the figure pickled."""
    painted = store.cached(
        "picture",
        lambda: _paint(figure(), dpi, vector=vector, to_phone=to_phone),
        key={
            "figure": sha256(given).hexdigest(),
            "style": sha256(repr(sorted(mpl.rcParams.items())).encode()).hexdigest(),
            "options": [dpi, vector, to_phone],
        },
        code=(__name__,),
    )
    _put(painted, picture)


def _paint(figure: Figure, dpi: int, *, vector: bool, to_phone: bool) -> _Painted:
    # `savefig` would draw everything twice, to find a layout that drawing finds by itself.
    figure.set_dpi(dpi)
    drawn = _vector(figure) if vector else ""
    if drawn:
        figure.set_layout_engine("none")  # everything has its place; finding it takes a third again
    file = io.BytesIO()
    if not (drawn and to_phone):
        figure.set_dpi(dpi)
        FigureCanvasAgg(figure).print_png(file, metadata={"Software": None})
    return _Painted(drawn, np.frombuffer(file.getvalue(), np.uint8))


def _put(painted: _Painted, picture: Path) -> None:
    """Write the pictures that there are, and take away a vector one that is no more."""
    picture.with_suffix(".svg").unlink(missing_ok=True)
    if painted.vector:
        picture.with_suffix(".svg").write_text(painted.vector, encoding="utf-8")
    if painted.raster.size:
        picture.write_bytes(painted.raster.tobytes())


def _vector(figure: Figure) -> str:
    """The figure as SVG with its letters drawn, to look the same everywhere; "" if refused."""
    file, about = io.StringIO(), dict.fromkeys(("Creator", "Date", "Format", "Type"))
    FigureCanvasSVG(figure).print_svg(file, metadata=about)
    text = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", file.getvalue(), flags=re.DOTALL)
    return "" if any(True for _ in pictures.marks(text)) else text
