"""`matterlearn featurize`: a table in, features out, for those who only want these."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer


class Representation(StrEnum):
    """How matter is described."""

    descriptors = "descriptors"
    fractions = "fractions"
    both = "both"


def featurize(
    table: Annotated[str, typer.Argument(help="A file, or the name of a data set.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Output: .csv or .parquet.")],
    inputs: Annotated[
        str | None,
        typer.Option(help="Input columns, comma-separated. By default those that describe matter.", show_default=False),
    ] = None,
    kinds: Annotated[
        str | None,
        typer.Option(help="Kinds of columns where the detected one is not meant: A=site.", show_default=False),
    ] = None,
    features: Annotated[Representation, typer.Option(help="How matter is described.")] = Representation.descriptors,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first bad row.")] = False,
    ions: Annotated[
        Path | None, typer.Option(help="JSON file with molecular ions of your own.", show_default=False)
    ] = None,
) -> None:
    """Write the features of every row; bad rows go to a file beside it, and so do the sources to cite."""
    from matterlearn.chemistry.ions import read_ions
    from matterlearn.cli.options import names, stated_kinds
    from matterlearn.cli.tables import find_table
    from matterlearn.workflow.featurize import featurize_file

    stated: dict[str, Any] = {
        "inputs": names(inputs),
        "kinds": stated_kinds(kinds),
        "strict": strict,
        "ions": read_ions(ions) if ions else None,
    }
    source, _ = find_table(table, **stated)
    written = featurize_file(source, out, representation=features.value, **stated)
    for note in written.notes:
        typer.echo(f"note: {note}")
    typer.echo(f"{written.n_rows} rows, {written.n_features} features; rejected: {written.n_rejected}")
    typer.echo(f"written: {', '.join(str(path) for path in written.paths)}")
