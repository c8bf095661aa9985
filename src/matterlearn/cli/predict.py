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
    priors: Annotated[
        str | None,
        typer.Option(
            help="Shares of the classes where the rows come from, if not those in training: ill=0.01,well=0.99.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Predict the rows of a table, in order: prediction, lower, upper, in_domain, reason.

    With several targets each column has the name of its target behind it. A model of classes tells the prediction, the
    probability of each class, the possible classes, in_domain, rejected and reason.
    """
    from matterlearn.cli.options import shares
    from matterlearn.workflow.model import load_model
    from matterlearn.workflow.predict import check_output, write_table
    from matterlearn.workflow.predict import predict as run

    check_output(out)
    fitted = load_model(model, trusted=trust or [])
    result = run(fitted, table, priors=shares(priors, "--priors"))
    write_table(result, out)
    unread = int(result[fitted.column("prediction", fitted.targets[0])].isna().sum())
    outside = {name: int((~result[fitted.column("in_domain", name)]).sum()) - unread for name in fitted.targets}
    said = ", ".join(f"{n} outside the model's domain" + _of(name, fitted.targets) for name, n in outside.items())
    if fitted.classes:
        refused = int(result[fitted.column("rejected", fitted.targets[0])].sum()) - unread
        said = f"{refused} refused, of them {said}"
        if priors is not None:
            said += "; no error rate is promised with these shares of the classes"
    typer.echo(f"{len(result)} rows: {unread} not read, {said}; written: {out}")


def _of(target: str, targets: Sequence[str]) -> str:
    return f" of {target}" if len(targets) > 1 else ""
