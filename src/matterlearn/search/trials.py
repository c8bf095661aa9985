"""The trials of one search in a storage: which are to be done, who does them, what came of them."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.exceptions import DuplicatedStudyError, UpdateFinishedTrialError
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

from matterlearn.core.errors import ArgumentError
from matterlearn.search.draw import RUNNING, Past, distributions_of
from matterlearn.search.presence import is_gone, owner_record
from matterlearn.search.results import COMPLETE, FAILED, PRUNED, Result
from matterlearn.search.space import Dimension, Drawn, parameters_of
from matterlearn.search.storage import Store
from matterlearn.search.task import FoldScore

_IDENTITY, _OWNER, _DRAWN, _FOLDS, _CURVES = "matterlearn", "owner", "drawn", "folds", "curves"
_FINISHED = {TrialState.COMPLETE: COMPLETE, TrialState.PRUNED: PRUNED, TrialState.FAIL: FAILED}
_STATES = {state: name for name, state in _FINISHED.items()}

CURVE_DIGITS = 7
"""Significant digits of a curve in a storage: what single precision has."""


@dataclass(frozen=True)
class Claimed:
    """A trial that this process works on.

    Attributes
    ----------
    number : int
        Number of the trial in the search.
    drawn : mapping or None
        What it drew before it was cut off; None if that is not known.
    """

    number: int
    key: int  # of the storage
    drawn: Drawn | None = None


class Trials:
    """The trials of one search.

    Parameters
    ----------
    store : Store
        An open storage.
    name : str
        Name of the study in it.
    identity : mapping of str to str
        What the search depends on, by checksums. A study of the same name that belongs to another search is refused.
    space : mapping of str to Integer, Float or Choice
        What varies.
    n_trials : int
        Trials of the search; a storage may hold more.
    together : int
        Trials that are proposed together: those with the numbers 0 to `together` - 1, and so on.
    presence : str
        Path of the lock that tells that this process is there.

    Raises
    ------
    ArgumentError
        If the study belongs to another search.
    """

    def __init__(
        self,
        store: Store,
        name: str,
        identity: Mapping[str, Any],
        space: Mapping[str, Dimension],
        *,
        n_trials: int,
        together: int,
        presence: str,
    ) -> None:
        self._storage, self._locked = store.storage, store.locked
        self._space = space
        self._distributions = distributions_of(space)
        self._n_trials, self._together = n_trials, together
        self._presence = presence
        with self._locked():
            self._study = self._opened(name, dict(identity))

    def _opened(self, name: str, identity: dict[str, Any]) -> int:
        try:
            study = self._storage.get_study_id_from_name(name)
        except KeyError:
            study = self._created(name)
        held = self._storage.get_study_user_attrs(study).get(_IDENTITY)
        if held is None and not self._storage.get_all_trials(study, deepcopy=False):
            self._storage.set_study_user_attr(study, _IDENTITY, identity)
            held = self._storage.get_study_user_attrs(study)[_IDENTITY]
        if held != identity:
            held = held or {}
            other = [part for part in identity if held.get(part) != identity[part]]
            raise ArgumentError(
                f"the study {name!r} belongs to another search: other {', '.join(other) or 'version'}",
                where="storage",
                fix="take another file, or another study_name",
            )
        return study

    def _created(self, name: str) -> int:
        try:
            study = self._storage.create_new_study([StudyDirection.MAXIMIZE], name)
        except DuplicatedStudyError:  # without a lock, another process may have been faster
            return self._storage.get_study_id_from_name(name)
        self._storage.set_study_user_attr(study, "optuna", optuna.__version__)
        return study

    def claim(self) -> list[Claimed] | None:
        """Take trials that are to be done: cut-off ones first, then new ones.

        Returns
        -------
        list of Claimed or None
            Trials that are proposed together; empty if others still work on the last ones, None if all are done.
        """
        with self._locked():
            trials = self._all()
            unfinished = [trial for trial in trials if not trial.state.is_finished()]
            longest_s = max((_seconds(trial) for trial in trials if trial.state.is_finished()), default=0.0)
            free = [trial for trial in unfinished if is_gone(trial.user_attrs.get(_OWNER), longest_s)]
            first = free[0].number if free else len(trials)
            if first >= self._n_trials:
                return [] if unfinished else None
            end = min((first // self._together + 1) * self._together, self._n_trials)
            owner = owner_record(self._presence)
            claimed = []
            for trial in free:
                if trial.number < end:
                    with suppress(UpdateFinishedTrialError):  # whoever had it was only slow
                        self._storage.set_trial_user_attr(trial._trial_id, _OWNER, owner)
                        claimed.append(Claimed(trial.number, trial._trial_id, trial.user_attrs.get(_DRAWN)))
            for _ in range(len(trials), end):
                template = create_trial(state=TrialState.RUNNING, user_attrs={_OWNER: owner})
                key = self._storage.create_new_trial(self._study, template)
                number = self._storage.get_trial_number_from_id(key)
                if number < self._n_trials:  # without a lock, another process may have been faster
                    claimed.append(Claimed(number, key))
        return claimed

    def past(self, number: int) -> list[Past]:
        """Return what a trial may know: the finished ones of earlier batches; of others before it, what they drew."""
        before = number // self._together * self._together
        found = []
        for trial in self._all()[:number]:
            drawn = trial.user_attrs.get(_DRAWN)
            if drawn is None:
                continue
            if trial.number < before and trial.state.is_finished():
                score = trial.value if trial.state is TrialState.COMPLETE else None
                means = {step: value for step, value in trial.intermediate_values.items() if math.isfinite(value)}
                found.append(Past(drawn, _FINISHED[trial.state], score, means))
            else:
                found.append(Past(drawn, RUNNING))
        return found

    def start(self, trial: Claimed, drawn: Drawn) -> Drawn:
        """Store what a trial drew, at once; then also as Optuna has it, for its tools. Return what is stored."""
        with suppress(UpdateFinishedTrialError):
            if trial.drawn is None:
                self._storage.set_trial_user_attr(trial.key, _DRAWN, drawn)
            stored = self._storage.get_trial(trial.key)
            drawn = stored.user_attrs[_DRAWN]
            for name, value in drawn.items():
                if name not in stored.params:
                    distribution = self._distributions[name]
                    self._storage.set_trial_param(trial.key, name, distribution.to_internal_repr(value), distribution)
        return drawn

    def finish(self, trial: Claimed, result: Result) -> None:
        """Store the result of a trial. If another process has finished it in the meantime, that result stays."""
        with suppress(UpdateFinishedTrialError):
            self._storage.set_trial_user_attr(trial.key, _FOLDS, [_plain(fold) for fold in result.folds])
            curves = [{"loss": _rounded(fold.loss), "validation": _rounded(fold.validation)} for fold in result.folds]
            if any(curve["loss"] for curve in curves):
                self._storage.set_trial_user_attr(trial.key, _CURVES, curves)
            for step in range(len(result.folds)):
                scores = [fold.score for fold in result.folds[: step + 1]]
                if all(math.isfinite(score) for score in scores):
                    self._storage.set_trial_intermediate_value(trial.key, step, sum(scores) / len(scores))
            values = [result.mean] if result.state == COMPLETE else None
            self._storage.set_trial_state_values(trial.key, _STATES[result.state], values)

    def results(self) -> list[Result]:
        """Return the results of all trials, in the order of their numbers."""
        found = []
        for trial in self._all():
            if not trial.state.is_finished():
                continue
            curves = trial.user_attrs.get(_CURVES) or [{}] * len(trial.user_attrs[_FOLDS])
            folds = [
                FoldScore(
                    score=math.nan if fold["score"] is None else fold["score"],
                    seconds=fold["seconds"],
                    error=fold["error"],
                    loss=_curve(curve.get("loss")),
                    validation=_curve(curve.get("validation")),
                )
                for fold, curve in zip(trial.user_attrs[_FOLDS], curves, strict=True)
            ]
            values = parameters_of(self._space, trial.user_attrs[_DRAWN])
            found.append(Result(values, folds, _FINISHED[trial.state]))
        return found

    def scores(self) -> list[float]:
        """Return the mean scores of the complete trials."""
        return [trial.value for trial in self._all() if trial.value is not None]

    def n_finished(self) -> int:
        """Return how many trials are done."""
        return sum(trial.state.is_finished() for trial in self._all())

    def _all(self) -> list[FrozenTrial]:
        """Return the trials of this search; a storage holds more if a longer one was run."""
        return sorted(self._storage.get_all_trials(self._study, deepcopy=False), key=_number)[: self._n_trials]


def wait(seconds: float = 0.2) -> None:
    """Wait for others to finish their trials."""
    time.sleep(seconds)


def _number(trial: FrozenTrial) -> int:
    return trial.number


def _seconds(trial: FrozenTrial) -> float:
    return trial.duration.total_seconds() if trial.duration is not None else 0.0


def _plain(fold: FoldScore) -> dict[str, Any]:
    score = fold.score if math.isfinite(fold.score) else None
    return {"score": score, "seconds": round(fold.seconds, 6), "error": fold.error}


def _rounded(curve: Sequence[float] | None) -> list[float] | None:
    return None if curve is None else [float(f"{value:.{CURVE_DIGITS}g}") for value in curve]


def _curve(values: Sequence[float] | None) -> tuple[float, ...] | None:
    return None if values is None else tuple(values)
