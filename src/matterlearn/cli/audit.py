"""`matterlearn audit`: a model file and a table of molecules in; which symmetries the model breaks, and by how much."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

BROKEN = 1
"""Exit code where a symmetry is broken."""

UNTESTED = 2
"""Exit code where none is broken, but one that was named was not tested, or none was."""

HEADINGS = ("symmetry", "", "median", "largest", "/ spread", "/ error", "rows")


def audit(
    model: Annotated[Path, typer.Argument(help="Model file, model.mlz.")],
    table: Annotated[Path, typer.Argument(help="Table with the model's input columns; with its target, if known.")],
    n: Annotated[int, typer.Option("--n", help="Rows to audit, drawn at random.", min=1)] = 200,
    symmetry: Annotated[
        str | None,
        typer.Option(
            help="Those to audit, comma-separated: translation, rotation, reflection, permutation, "
            "'permutation of like atoms'. By default all.",
            show_default=False,
        ),
    ] = None,
    changes: Annotated[int, typer.Option(help="Changes of each molecule per symmetry, at most.", min=1)] = 8,
    tolerance: Annotated[
        float, typer.Option(help="Change that counts as rounding, relative to the spread of the predictions.", min=0)
    ] = 1e-6,
    seed: Annotated[int, typer.Option(help="The same seed gives the same audit.", min=0)] = 0,
    trust: Annotated[
        list[str] | None,
        typer.Option(help="A type of yours in the model file, as module.Class.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for audit.json, changes.csv and the figure.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Move, turn, mirror and reorder molecules, and tell how much the predictions change.

    Exit code 0 if no symmetry is broken, 1 if one is, 2 if the audit could not be made: also if a symmetry that is
    named, or all of them, could not be tested.
    """
    from matterlearn.cli.options import names
    from matterlearn.workflow.audit import audit_model, write_audit

    found = audit_model(
        model,
        table,
        n=n,
        symmetries=names(symmetry),
        n_changes=changes,
        tolerance=tolerance,
        seed=seed,
        trusted=trust or (),
    )
    if out is not None:
        write_audit(found, out)
    if as_json:
        typer.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=1))
    else:
        typer.echo(f"{found.rows.text}.")
        for target, result in found.items():
            _print(target, result)
        if out is not None:
            typer.echo(f"written: {out}")
    if any(result.broken for result in found.values()):
        raise typer.Exit(BROKEN)
    untested = [_untested(target, result, named=symmetry is not None) for target, result in found.items()]
    if any(untested):
        typer.echo(f"matterlearn: {'; '.join(text for text in untested if text)}", err=True)
        raise typer.Exit(UNTESTED)


def _untested(target: str, result: Any, *, named: bool) -> str:
    """Return what was to be tested and was not; empty if nothing."""
    missing = [check for check in result.checks if check.verdict == "not tested"]
    if not missing or (result.held and not named):
        return ""
    if result.held:
        names = ", ".join(check.symmetry for check in missing)
        return f"{target}: not tested: {names} ({missing[0].reason})"
    return f"{target}: no symmetry was tested ({missing[0].reason})"


def _print(target: str, result: Any) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from matterlearn.report.words import percent

    console = Console(markup=False, emoji=False, highlight=False)  # names are the user's
    if not console.is_terminal:
        console.width = 120  # for another program or a file
    unit = f" ({result.unit})" if result.unit else ""
    console.print(f"{target}{unit}, under changes that must not matter:", soft_wrap=True)
    lines = Table(box=box.SIMPLE, show_edge=False, pad_edge=False, collapse_padding=True)
    for heading in HEADINGS:
        lines.add_column(heading, justify="left" if heading in HEADINGS[:2] else "right", no_wrap=True)
    for check in result.checks:
        numbers = (check.median, check.largest, check.median_of_spread, check.median_of_error)
        share = "" if check.verdict == "not tested" else percent(check.share_beyond)
        lines.add_row(check.symmetry, check.verdict, *map(_short, numbers), share)
    console.print(lines)
    for sentence in result.sentences:
        console.print(sentence, soft_wrap=True)
    console.print(
        "median, largest: change of a prediction; / spread, / error: the median, divided by the spread of the "
        "predictions and by the model's error; rows: share of those with a change beyond the tolerance",
        soft_wrap=True,
    )


def _short(value: float) -> str:
    return "" if value != value else f"{value:.2g}"
