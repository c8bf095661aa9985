"""`matterlearn fit`: a table in; a model, a report and evidence out."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Annotated, Any

import typer

from matterlearn.core.errors import ArgumentError

DEMO = "intermetallics"

MOST_NAMED = 12
"""Inputs that are named on the terminal."""

BALANCED = "balanced"
"""Costs that make every class weigh the same as a whole."""

FULL = "full"
"""Budget without end: the full plan."""


def fit(
    context: typer.Context,
    table: Annotated[str | None, typer.Argument(help="A file, or the name of a data set.", show_default=False)] = None,
    target: Annotated[
        str | None, typer.Option(help="Column to predict, or several, comma-separated.", show_default=False)
    ] = None,
    inputs: Annotated[
        str | None,
        typer.Option(
            help="Input columns, comma-separated; '*' for all numbers, '!NAME' to leave one out. By default those that "
            "describe matter.",
            show_default=False,
        ),
    ] = None,
    kinds: Annotated[
        str | None,
        typer.Option(
            help="Kinds of columns where the detected one is not meant: A=site,route=category.", show_default=False
        ),
    ] = None,
    log: Annotated[
        str | None,
        typer.Option(help="Targets whose decimal logarithm is learned, comma-separated.", show_default=False),
    ] = None,
    weights: Annotated[str | None, typer.Option(help="Column with weights of the rows.", show_default=False)] = None,
    split: Annotated[
        str,
        typer.Option(
            help="What decides: random, random:REPEATS, kfold:K, kfold:N, stratified, element, element:each, "
            "element:O, system, cluster, extremes, group:COLUMN, holdout:COLUMN or file:FOLDS."
        ),
    ] = "random",
    budget: Annotated[str, typer.Option(help="Time to spend, as 90s, 5m, 1h or full.")] = "5m",
    plan: Annotated[
        Path | None,
        typer.Option(help="Follow the plan of an earlier fit: plan.json, or its folder.", show_default=False),
    ] = None,
    models: Annotated[
        str | None, typer.Option(help="Candidate models, comma-separated. By default all.", show_default=False)
    ] = None,
    costs: Annotated[
        str | None,
        typer.Option(
            help="Of classes: cost of missing a row of each, ill=5,well=1, or 'balanced'.", show_default=False
        ),
    ] = None,
    error_rate: Annotated[
        float, typer.Option(help="Of classes: share of wrong answers beyond which the model refuses to answer.")
    ] = 0.1,
    positive: Annotated[
        str | None, typer.Option(help="Of two classes: the one that is looked for.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same numbers.", min=0)] = 0,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first bad row.")] = False,
    ions: Annotated[
        Path | None, typer.Option(help="JSON file with molecular ions of your own.", show_default=False)
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes. By default one per processor.", min=1, show_default=False)
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Output folder. By default NAME-fit.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the scores as JSON.")] = False,
    demo: Annotated[bool, typer.Option("--demo", help="Use the embedded set of intermetallics.")] = False,
) -> None:
    """Fit the best model for a table and judge it on rows and chemistry it has not seen.

    The output folder holds model.mlz, report.html, plan.json, evidence.json, predictions.parquet, rejected.csv and
    figures. A run that was stopped goes on from there when the same command is given again.
    """
    if demo == (table is not None):
        raise ArgumentError("give a table, or --demo", fix="see matterlearn fit --help")

    if plan is not None:
        _check_not_in_plan(context)

    from matterlearn.chemistry.ions import read_ions
    from matterlearn.cli.options import names, shares, stated_kinds
    from matterlearn.cli.tables import find_table
    from matterlearn.core.journal import Journal
    from matterlearn.core.locking import folder_lock

    stated: dict[str, Any] = {
        "target": names(target) or None,
        "inputs": names(inputs),
        "kinds": stated_kinds(kinds),
        "log": names(log) or False,
        "weights": weights,
        "strict": strict,
        "ions": read_ions(ions) if ions else None,
    }
    source, name = find_table(DEMO if demo else str(table), **stated)

    from matterlearn.workflow.fit import fit as run  # takes seconds to load: a slip in the name is told before
    from matterlearn.workflow.output import check_folder, write_fit

    folder = out or Path(f"{name}-fit")
    kept: list[Journal] = []

    def journal(key: str) -> Journal:
        kept.append(Journal(place, key))
        return kept[-1]

    with folder_lock(folder):
        place = check_folder(folder)
        result = run(
            source,
            **(stated if isinstance(source, Path) else {}),
            split=split,
            budget=None if budget == FULL else budget,
            plan=plan,
            models=names(models),
            costs=costs if costs in (None, BALANCED) else shares(costs, "--costs"),
            error_rate=error_rate,
            positive=positive,
            seed=seed,
            workers=workers,
            progress=True,
            journal=journal,
            show_plan=None if as_json else _print_plan,
        )
        write_fit(result, place)
        for finished in kept:
            finished.discard()
    if as_json:
        typer.echo(json.dumps(result.model.card, ensure_ascii=False, indent=1))
    else:
        _print_summary(result, folder)


def _check_not_in_plan(context: typer.Context) -> None:
    """Stop where an option was given whose value stands in the plan: it would not be looked at."""
    for name in ("split", "budget", "models", "seed"):
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise ArgumentError(f"a plan states its {name}", where=f"--{name}", fix="leave it out, or change the plan")


def _print_plan(plan: Any) -> None:
    from matterlearn.workflow.plan import say_duration

    parts = [
        ", ".join(plan.candidates),
        f"splits {', '.join(plan.splits)}",
        f"{plan.n_folds} folds, at most {plan.n_element_groups} groups of elements",
        *([f"about {say_duration(plan.expected_s)}"] if plan.expected_s else []),
    ]
    typer.echo(f"plan: {'; '.join(parts)}")


def _print_summary(result: Any, folder: Path) -> None:
    from rich.console import Console

    evidence = result.evidence
    console = Console(markup=False, emoji=False, highlight=False)  # names are the user's
    data = evidence.data
    named = list(data["inputs"].items())
    inputs = ", ".join(f"{name} ({kind})" for name, kind in named[:MOST_NAMED])
    inputs += f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    console.print(f"{len(result.dataset.frame)} rows, {data['n_rejected']} rejected; inputs: {inputs}")
    for note in [*data["notes"], *evidence.notes]:
        console.print(f"note: {note}")
    for leak in evidence.diagnostics.get("leaks", []):
        console.print(f"{leak['severity']}: {leak['text']}")
    for left_out in evidence.plan["left_out"]:
        console.print(f"reduced to keep the budget: {left_out}")
    for target in evidence.targets:
        _print_target(evidence.of(target), console)
    console.print(f"written: {folder}/ (open {folder / 'report.html'})", soft_wrap=True)


def _print_target(evidence: Any, console: Any) -> None:
    from rich import box
    from rich.table import Table

    from matterlearn.report.headline import headline, split_words

    console.print(f"{evidence.data['target']}:")
    for sentence in headline(evidence):
        console.print(f"  {sentence}")
    unit = evidence.data["unit"] or "unit of the target"
    headings, cells = (
        (CLASS_HEADINGS, _class_cells)
        if evidence.is_class
        else (
            (f"MAE, 95 % interval ({unit})", "R2", "covered"),
            _cells,
        )
    )
    table = Table(box=box.SIMPLE)
    table.add_column("tested on", overflow="fold")
    table.add_column("model", no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for line in evidence.scores().query("role != 'train'").itertuples():
        table.add_row(split_words(line.split), line.model, *cells(line))
    console.print(table)
    weights = evidence.plan["chosen"].get("weights", {})
    console.print("model: " + ", ".join(f"{weight:.0%} {name}" for name, weight in weights.items()))


CLASS_HEADINGS = ("log loss", "ROC AUC [95 %]", "bal. acc.")


def _cells(line: Any) -> list[str]:
    error = f"{line.mae:.3g} [{line.mae_low:.3g}, {line.mae_high:.3g}]"
    return [error, f"{line.r2:.3f}", "" if math.isnan(line.coverage) else f"{line.coverage:.0%}"]


def _class_cells(line: Any) -> list[str]:
    known = not math.isnan(line.roc_auc)
    area = f"{line.roc_auc:.3f} [{line.roc_auc_low:.2f}, {line.roc_auc_high:.2f}]" if known else ""
    return [f"{line.log_loss:.3f}", area, f"{line.balanced_accuracy:.3f}"]
