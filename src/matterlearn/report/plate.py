"""A figure with its place on the page."""

from __future__ import annotations

from dataclasses import dataclass

from matterlearn.report.figures.points import PointedFigure


@dataclass(frozen=True)
class Plate:
    """A figure with its place and its text.

    Attributes
    ----------
    section : str
        Part of the page.
    name : str
        Name of its files.
    figure : PointedFigure
        What is drawn.
    alt : str
        What a reader who cannot see it should know.
    caption : str
        How to read it.
    """

    section: str
    name: str
    figure: PointedFigure
    alt: str
    caption: str = ""
