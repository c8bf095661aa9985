"""`matterlearn predict`: a model file and a table in; predictions, intervals and reasons out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer


def predict(
    model: Annotated[Path, typer.Argument(help="Model file, model.mlz.")],
    table: Annotated[Path, typer.Argument(help="Table with the model's input columns.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Output: .csv, .tsv, .json, .jsonl, .parquet or .xlsx.")],
    trust: Annotated[
        list[str] | None,
        typer.Option(help="A type of yours in the model file, as module.Class.", show_default=False),
    ] = None,
) -> None:
    """Predict the rows of a table, in order: prediction, lower, upper, in_domain, reason.

    With several targets each column has the name of its target behind it.
    """
    from matterlearn.workflow.model import load_model
    from matterlearn.workflow.predict import check_output, write_table
    from matterlearn.workflow.predict import predict as run

    check_output(out)
    fitted = load_model(model, trusted=trust or [])
    result = run(fitted, table)
    write_table(result, out)
    unread = int(result[fitted.column("prediction", fitted.targets[0])].isna().sum())
    outside = {name: int((~result[fitted.column("in_domain", name)]).sum()) - unread for name in fitted.targets}
    said = ", ".join(f"{n} outside the model's domain" + _of(name, fitted.targets) for name, n in outside.items())
    typer.echo(f"{len(result)} rows: {unread} not read, {said}; written: {out}")


def _of(target: str, targets: Sequence[str]) -> str:
    return f" of {target}" if len(targets) > 1 else ""
