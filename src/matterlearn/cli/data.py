"""`matterlearn data`: what data sets there are, what they hold, and how they come here."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from matterlearn.data.generators.conformers import ConformerSet

data = typer.Typer(help="Data sets: list them, show one, fetch one, make one.", no_args_is_help=True)
make = typer.Typer(help="Compute a data set by physics.", no_args_is_help=True)
data.add_typer(make, name="make")

NameArgument = Annotated[str, typer.Argument(help="Name of a data set, see matterlearn data list.")]


@data.command("list")
def list_() -> None:
    """List all data sets: embedded, made, local and public ones."""
    from matterlearn.data.catalog import list_datasets

    found = list_datasets()
    width = max(len(info.entry.name) for info in found)
    for info in found:
        entry = info.entry
        typer.echo(f"{entry.name:<{width}}  {entry.rows:>7,} rows  {info.state:<20}  {entry.target}")


@data.command()
def show(name: NameArgument) -> None:
    """Show what a data set holds, where it is from and under which licence."""
    from matterlearn.data.catalog import describe_dataset

    info = describe_dataset(name)
    entry = info.entry
    targets = ", ".join(f"{target.name} ({target.unit})" if target.unit else target.name for target in entry.targets)
    published = f" of {entry.rows_published:,} published" if entry.rows_published else ""
    facts = {
        "name": entry.name,
        "title": entry.title,
        "about": entry.about,
        "rows": f"{entry.rows:,}{published}",
        "targets": targets,
        "inputs": ", ".join(entry.inputs) if entry.inputs else None,
        "groups": ", ".join(entry.groups),
        "folds": entry.folds,
        "columns": ", ".join(entry.columns),
        "note": entry.note,
        "citation": entry.citation,
        "doi": entry.doi,
        "licence": entry.licence or "not known here",
        "address": entry.url,
        "sha256": entry.sha256,
        "file": f"{info.path} ({info.state})",
    }
    for label, value in facts.items():
        if value:
            typer.echo(f"{label + ':':<10}{value}")


@data.command()
def fetch(name: NameArgument) -> None:
    """Fetch a public data set into the data home; what was already there is kept."""
    from matterlearn.data.catalog import fetch_dataset

    typer.echo(f"ready: {fetch_dataset(name)}")


MOST_LINES = 12
"""Notes and molecules that are printed one by one."""


class ForceField(StrEnum):
    """What gives the energies."""

    mmff94 = "MMFF94"
    uff = "UFF"


class Stereo(StrEnum):
    """What is done with open stereocentres and double bonds."""

    any = "any"
    enumerate = "enumerate"
    fix = "fix"


@make.command()
def conformers(
    smiles: Annotated[
        list[str] | None, typer.Option(help="A molecule; give it several times for several.", show_default=False)
    ] = None,
    smiles_file: Annotated[
        Path | None, typer.Option(help="A table with molecules in a column of SMILES.", show_default=False)
    ] = None,
    column: Annotated[
        str | None, typer.Option(help="That column. By default the one named smiles.", show_default=False)
    ] = None,
    n: Annotated[
        int, typer.Option("--n", "-n", help="Conformers that are tried of each molecule; pruning leaves fewer.")
    ] = 10_000,
    out: Annotated[Path, typer.Option("--out", "-o", help="Output: .parquet, .csv, .sdf or .xyz.")] = Path(
        "conformers.parquet"
    ),
    force_field: Annotated[
        ForceField, typer.Option(help="What gives the energies, in kcal/mol.", case_sensitive=False)
    ] = ForceField.mmff94,
    steps: Annotated[int, typer.Option(help="Most steps of minimisation of each conformer.")] = 0,
    stereo: Annotated[
        Stereo,
        typer.Option(
            help="Where the SMILES leaves stereocentres or double bonds open: isomers mixed as they come, as many "
            "conformers tried of each, or only the first isomer.",
            case_sensitive=False,
        ),
    ] = Stereo.any,
    prune: Annotated[
        float,
        typer.Option(
            help="Angstrom: a conformer is left out whose heavy atoms are closer to those of an earlier one of the "
            "same isomer. 0 keeps all."
        ),
    ] = 0.2,
    seed: Annotated[int, typer.Option(help="The same seed gives the same set.")] = 0,
    workers: Annotated[
        int | None, typer.Option(help="Threads. By default one per processor.", show_default=False)
    ] = None,
) -> None:
    """Make conformers of molecules with the energies of a force field.

    A run that was stopped goes on when the same command is given again. A set is kept in the data home.
    """
    from matterlearn.core.errors import ArgumentError, MatterlearnError
    from matterlearn.data.generators.conformers import make_conformers
    from matterlearn.data.generators.conformers.files import check_place

    if bool(smiles) == (smiles_file is not None):
        raise ArgumentError("give --smiles or --smiles-file", fix="see matterlearn data make conformers --help")
    if column is not None and smiles_file is None:
        raise ArgumentError("a column of which table?", where="--column", fix="name the table with --smiles-file")
    check_place(out)
    given: Any = smiles or _smiles_column(smiles_file, column)
    try:
        made = make_conformers(
            given,
            n,
            force_field=force_field.value,
            steps=steps,
            prune=prune,
            stereo=stereo.value,
            seed=seed,
            workers=workers,
        )
    except MatterlearnError as error:
        if smiles_file is None or type(error) is not MatterlearnError:  # its subclasses are not about the molecules
            raise
        place = f"{smiles_file}, row 1" if len(given) == 1 else str(smiles_file)
        raise MatterlearnError(error.what, where=place, fix=error.fix) from error
    made.write(out)
    _tell(made, out)


def _smiles_column(path: Path | None, column: str | None) -> list[object]:
    """Return the cells of the column of SMILES of a table."""
    from matterlearn.core.errors import DataError, did_you_mean
    from matterlearn.data.tables import read_table

    frame = read_table(str(path)).frame
    names = [str(name) for name in frame.columns]
    if column is None:
        column = next((name for name in names if name.casefold() == "smiles"), names[0] if len(names) == 1 else None)
        if column is None:
            raise DataError("has no column named smiles", where=str(path), fix="name the column with --column")
    elif column not in names:
        raise DataError(f"has no column {column!r}", where=str(path), fix=did_you_mean(column, names))
    return [cell if isinstance(cell, str) else None for cell in frame[column]]


def _tell(made: ConformerSet, out: Path) -> None:
    """Print what was made, and how to go on."""
    from matterlearn.data.generators.conformers.conformer_set import ENERGY
    from matterlearn.data.rejects import write_rejected

    for note in made.notes[:MOST_LINES]:
        typer.echo(f"note: {note}")
    if len(made.notes) > MOST_LINES:
        typer.echo(f"and {len(made.notes) - MOST_LINES:,} notes more")
    for molecule, tried, embedded, kept in made.counts[:MOST_LINES].to_numpy().tolist():
        energies = made.facts.loc[made.facts["molecule"] == molecule, ENERGY]
        span = f"; {energies.min():.1f} to {energies.max():.1f} kcal/mol" if len(energies) else ""
        typer.echo(
            f"{molecule}: {tried:,} tried, {embedded:,} embedded, {embedded - kept:,} pruned, {kept:,} kept{span}"
        )
    if len(made.counts) > MOST_LINES:
        typer.echo(f"{len(made.counts):,} molecules, {len(made):,} conformers in all")
    rejected = out.with_name(f"{out.name}.rejected.csv")
    if len(made.rejected) or rejected.exists():  # a list of an earlier run must not stay
        write_rejected(made.rejected, rejected)
    if len(made.rejected):
        typer.echo(f"rejected: {len(made.rejected):,} of the molecules, see {rejected}")
    typer.echo(f"written: {out}")
    typer.echo(f"next: matterlearn fit {out} --target {ENERGY}")
