"""The command `matterlearn`: its verbs, and what a user's mistake looks like."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer

import matterlearn
from matterlearn.cli.audit import audit
from matterlearn.cli.compare import compare
from matterlearn.cli.data import data
from matterlearn.cli.featurize import featurize
from matterlearn.cli.fit import fit
from matterlearn.cli.predict import predict
from matterlearn.cli.show import show
from matterlearn.cli.study import study
from matterlearn.core.errors import MatterlearnError

USER_ERROR = 2
INTERRUPTED = 130

app = typer.Typer(
    name="matterlearn",
    help="From a table of matter to a prediction you can trust.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(fit)
app.command()(predict)
app.command()(show)
app.command()(audit)
app.command()(featurize)
app.command()(compare)
app.command()(study)
app.add_typer(data, name="data")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"matterlearn {matterlearn.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command; a user's mistake is one line on standard error and exit code 2."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _interrupt)  # a scheduler that stops the run lets it clean up, as Ctrl+C does
    try:
        code = app(prog_name="matterlearn", standalone_mode=False)
    except MatterlearnError as error:
        _stop(str(error), USER_ERROR)
    except _UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            error.show()
            sys.exit(USER_ERROR)
        command = error.ctx.command_path if error.ctx else "matterlearn"
        _stop(f"{' '.join(error.format_message().split()).rstrip('.')}; see {command} --help", USER_ERROR)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    if code == INTERRUPTED:  # typer may turn Ctrl+C into this code itself
        _stop("stopped", INTERRUPTED)
    sys.exit(code)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


_UsageError: Any = typer.BadParameter.__base__  # of click or of typer's own copy of it, as the version has it


def _stop(text: str, code: int) -> NoReturn:
    typer.echo(f"matterlearn: {text}", err=True)
    sys.exit(code)
