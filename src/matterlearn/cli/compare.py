"""`matterlearn compare`: runs side by side, with paired differences and how sure they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from matterlearn.core.errors import ArgumentError, DataError

MARK = "evidence.json"
"""File that every output folder of a fit holds."""

VERDICTS = {"better": "better", "worse": "worse", "not distinguishable": "unclear"}
"""What is said of a run in a narrow column."""


def compare(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN RUN...", help="Output folders of fits.", show_default=False)
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
) -> None:
    """Put runs side by side: the first one, and how much better or worse the others are on the same rows."""
    names = _names(runs)
    for run in runs:
        _check_folder(run)

    from matterlearn.validation.comparison import compare as compare_evidence  # takes a second to load
    from matterlearn.validation.evidence import Evidence, plain

    table = compare_evidence({name: Evidence.load(run) for name, run in zip(names, runs, strict=True)})
    if as_json:
        typer.echo(json.dumps(plain(table.to_dict("records")), ensure_ascii=False, indent=1))
    else:
        _print_table(table)


def _names(runs: list[Path]) -> list[str]:
    """Return the names of the folders, or their paths where two have the same name."""
    if len(runs) < 2:
        raise ArgumentError("name at least two output folders", fix="see matterlearn compare --help")
    places = [run.resolve() for run in runs]
    for run, place in zip(runs, places, strict=True):
        if places.count(place) > 1:
            raise ArgumentError("is named twice", where=str(run))
    short = [place.name for place in places]
    return [name if short.count(name) == 1 else str(run) for name, run in zip(short, runs, strict=True)]


def _check_folder(run: Path) -> None:
    fix = "name an output folder of matterlearn fit"
    if not run.exists():
        raise DataError("no such folder", where=str(run), fix=fix)
    if not run.is_dir():
        raise DataError("is a file", where=str(run), fix=fix)
    if not (run / MARK).is_file():
        raise DataError(f"holds no {MARK}", where=str(run), fix=fix)


def _print_table(lines: Any) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from matterlearn.report.words import number, percent, split_words

    console = Console(markup=False, emoji=False)  # names are the user's
    is_class = "log_loss_first" in lines.columns
    if is_class:  # the same columns under other names
        from matterlearn.validation.comparison import AREAS, COMPARISON_COLUMNS

        lines = lines.set_axis([*COMPARISON_COLUMNS, *AREAS], axis=1)
    for (target, unit), part in lines.groupby(["target", "unit"], sort=False):
        console.print(f"{target}, on the rows that both runs predicted, against {part['first'].iloc[0]}")
        table = Table(box=box.SIMPLE, show_edge=False, pad_edge=False, collapse_padding=True)
        error = "log loss" if is_class else f"MAE ({unit})" if unit else "MAE"
        sets = ("in set", "classes in it") if is_class else ("in interval", "width")
        for heading in ("tested on", "rows", error, "difference (95 %)", "", *sets):
            words = heading in ("tested on", "")
            table.add_column(
                heading, justify="left" if words else "right", overflow="fold", no_wrap=heading != "tested on"
            )
        for split, pairs in part.groupby("split", sort=False):
            table.add_row(split_words(str(split)))
            shown = None
            for line in pairs.itertuples():
                intervals, other_intervals = (
                    ("", "") if held != held else (percent(held), number(width))
                    for held, width in (
                        (line.coverage_first, line.width_first),
                        (line.coverage_other, line.width_other),
                    )
                )
                rows = str(line.n_rows)
                if shown != (line.n_rows, line.mae_first):  # once, if all pairs have the same rows
                    table.add_row(f"  {line.first}", rows, number(line.mae_first), "", "", *intervals)
                    shown = (line.n_rows, line.mae_first)
                change = (number(line.mae_other), _difference(line), VERDICTS[line.verdict])
                table.add_row(f"  {line.other}", rows, *change, *other_intervals)
        console.print(table)
        console.print()
    for line in lines[lines["roc_auc_difference"].notna()].itertuples() if is_class else ():
        change, low, high = (line.roc_auc_difference, line.roc_auc_difference_low, line.roc_auc_difference_high)
        ends = f" ({low:+.3f} to {high:+.3f})" if low == low else ""
        where = f"{line.other} on {split_words(line.split)}"
        console.print(f"ROC AUC of {where}: {line.roc_auc_other:.3f}, {change:+.3f}{ends}", soft_wrap=True)
    for note, noted in lines[lines["note"] != ""].groupby("note", sort=False):
        about = dict.fromkeys(f"{line.other} on {split_words(line.split)}" for line in noted.itertuples())
        console.print(f"note: {'; '.join(about)}: {note}", soft_wrap=True)
    folds = lines[lines["resampled"] == "folds"]["split"].unique()
    drawn = f"; of whole folds on {', '.join(split_words(split) for split in folds)}" if len(folds) else ""
    said = "; unclear: the interval holds 0" if (lines["verdict"] == "not distinguishable").any() else ""
    console.print(f"difference (95 %): bootstrap of paired rows{drawn}{said}", soft_wrap=True)


def _difference(line: Any) -> str:
    """Return the difference with its interval in percent of the first run's error: "-10 % (-12 to -8.1)"."""
    if not line.mae_first > 0:
        return ""
    low, high = (100 * end / line.mae_first for end in (line.difference_low, line.difference_high))
    ends = f" ({low:+.2g} to {high:+.2g})" if low == low else ""
    return f"{line.relative:+.2g} %{ends}"
