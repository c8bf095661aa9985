"""`matterlearn study`: a worked case with its figures and numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def study(
    name: Annotated[str | None, typer.Argument(help="Name of a study; without one they are listed.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A minute instead of the full study.")] = False,
    demo: Annotated[bool, typer.Option("--demo", help="Use the embedded data set.")] = False,
    out: Annotated[Path | None, typer.Option(help="Output folder. By default study-NAME.", show_default=False)] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same numbers.")] = 0,
    pathways: Annotated[
        Path | None,
        typer.Option("--map", help="CSV file of metabolite,pathway for a study of metabolites.", show_default=False),
    ] = None,
) -> None:
    """Run a worked case of the field and write its page, figures and numbers."""
    from matterlearn.studies.registry import STUDIES, run_study

    if name is None:
        for known, about in STUDIES.items():
            typer.echo(f"{known}: {about}")
        return
    folder = run_study(
        name, out or Path(f"study-{name}"), quick=quick, demo=demo, seed=seed, say=typer.echo, pathways=pathways
    )
    typer.echo(f"written: {folder}/ (open {folder / 'study.html'})")
