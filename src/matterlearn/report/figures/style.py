"""How all figures look: colours that colour-blind people tell apart, sizes of a journal column, print quality."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from PIL import Image

from matterlearn.core.writing import write_file
from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.words import shortened

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#7F7F7F"
PURPLE, AMBER, SKY = "#CC79A7", "#E69F00", "#56B4E9"
"""From the palette of Okabe and Ito (2008), which stays readable with every kind of colour blindness."""

INK, FAINT = "#333333", "#DDDDDD"
"""Text and axes; guides behind the data."""

SERIES = ((BLUE, "o"), (ORANGE, "s"), (GREEN, "D"), (PURPLE, "^"), (AMBER, "v"), (SKY, "P"), (GREY, "X"))
"""Colour and marker of each series in turn: nothing is told by colour alone."""

COLUMN = 3.5
"""Width of a journal column, inches."""

DPI = 240
"""Dots per inch of the raster images: enough for print, twice what a screen shows."""

PAGE_COLORS = 160
"""Colours of an image on the page: as good to the eye as the full image, at a third of its size."""

ALMOST_WHITE = 251
"""Part of a colour above which it was white before colours were counted."""

_STYLE: Mapping[str, Any] = MappingProxyType(
    {
        "axes.edgecolor": GREY,
        "axes.labelcolor": INK,
        "axes.labelsize": 9,
        "axes.linewidth": 0.7,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlecolor": INK,
        "axes.titlelocation": "left",
        "axes.titlesize": 9,
        "axes.titleweight": "bold",
        "figure.constrained_layout.use": True,
        "font.family": "DejaVu Sans",
        "font.size": 9,
        "legend.fontsize": 8,
        "legend.frameon": False,
        "savefig.dpi": DPI,
        "svg.hashsalt": "matterlearn",  # the same figure gives the same file
        "text.color": INK,
        "text.parse_math": False,  # names of columns may hold dollar signs
        "xtick.color": GREY,
        "xtick.labelcolor": INK,
        "xtick.labelsize": 8,
        "ytick.color": GREY,
        "ytick.labelcolor": INK,
        "ytick.labelsize": 8,
    }
)


@contextmanager
def style() -> Iterator[None]:
    """Draw the figures of the block in our style and leave the user's settings alone."""
    with mpl.rc_context(cast(Any, dict(_STYLE))):
        yield


def new_figure(width: float = COLUMN, height: float = COLUMN, **subplots: Any) -> tuple[PointedFigure, Any]:
    """Return a figure without a window and its axes; size in inches."""
    figure = PointedFigure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(**subplots)


def with_unit(label: str, unit: str) -> str:
    """Return an axis label with its unit; a long name is cut in the middle.

    Examples
    --------
    >>> with_unit("predicted", "eV/atom")
    'predicted (eV/atom)'
    """
    label, unit = shortened(label), shortened(unit, 20)
    return f"{label} ({unit})" if unit else label


def save_figure(figure: Figure, folder: Path, name: str) -> bytes:
    """Write a figure as PNG and SVG into a folder and return the PNG.

    Each is drawn once; `savefig` draws twice, to settle the layout, and fits of many figures spend their time there.
    """
    png, svg = io.BytesIO(), io.BytesIO()
    dots = figure.dpi
    with style(), warnings.catch_warnings():
        # A name in a script that the font lacks is drawn as boxes; the page has it as text.
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        figure.set_dpi(DPI)
        agg: Any = FigureCanvasAgg(figure)
        agg.draw()
        Image.fromarray(np.asarray(agg.buffer_rgba())[..., :3].copy()).save(png, "PNG", dpi=(DPI, DPI))
        figure.set_layout_engine("none")  # the places that were found for the PNG hold for the SVG
        vectors: Any = FigureCanvasSVG(figure)
        vectors.print_svg(svg, metadata={"Date": None})
    figure.set_dpi(dots)
    write_file(folder / f"{name}.png", png.getvalue())
    write_file(folder / f"{name}.svg", svg.getvalue())
    return png.getvalue()


def page_image(png: bytes) -> bytes:
    """Return a PNG with few colours, for the page."""
    small = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        few = image.convert("RGB").quantize(PAGE_COLORS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        colors = few.getpalette() or []
        few.putpalette([255 if value > ALMOST_WHITE else value for value in colors])
        few.save(small, "PNG")
    return small.getvalue()


def label_without_unit(name: str, unit: str) -> str:
    """Return the name of a column without the unit at its end, which stands on the axis by itself.

    Examples
    --------
    >>> label_without_unit("e_above_hull_eV_atom", "eV/atom"), label_without_unit("gap", "eV")
    ('e_above_hull', 'gap')
    """
    ending = "_" + unit.replace("/", "_")
    return name.removesuffix(ending) if unit and name != ending else name
