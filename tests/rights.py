"""Processes for which permissions hold, also if the tests run as root."""

from __future__ import annotations

import ctypes
import os
import sys

import pytest

_PR_CAPBSET_DROP = 24  # <sys/prctl.h>
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2  # <linux/capability.h>: what lets root ignore permissions


def ignores_permissions() -> bool:
    """Return whether this process ignores permissions and can give that up in a child; skip where nobody can."""
    if not hasattr(os, "geteuid"):
        pytest.skip("permissions of folders work differently here")
    if os.geteuid() != 0:
        return False
    if not sys.platform.startswith("linux"):
        pytest.skip("root ignores permissions, and giving that up is only written for Linux")
    return True


def give_up_rights() -> None:
    """Make permissions hold for the program that this process starts next: for `preexec_fn`."""
    for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
        if ctypes.CDLL(None, use_errno=True).prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")
