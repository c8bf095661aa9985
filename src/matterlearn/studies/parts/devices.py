"""Where PyTorch computes."""

from __future__ import annotations

import numpy as np
import torch

from matterlearn.studies.page import StudyPage


def add_device(page: StudyPage, device: torch.device, bits: torch.Tensor) -> None:
    """Write a paragraph on the device, with a tensor that was moved there and back.

    Parameters
    ----------
    page : StudyPage
        Gets a paragraph.
    device : torch.device
        Where the networks are trained.
    bits : torch.Tensor
        The tensor, on the processor.

    Raises
    ------
    RuntimeError
        If it comes back with other values.
    """
    there = bits.to(device)
    back = (2 * there).cpu()
    if there.device.type != device.type or back.device.type != "cpu":
        raise RuntimeError(f"a tensor did not move to {device} and back")
    if not np.array_equal(back.numpy(), 2 * bits.numpy()):
        raise RuntimeError(f"a tensor came back from {device} with other values")
    on_gpu = device.type != "cpu"
    page.add(
        torch_device=str(device),
        torch_device_is_gpu=on_gpu,
        torch_moved_shape=str(tuple(bits.shape)),
        torch_n_moved=bits.numel(),
    )
    page.text(
        "PyTorch finds a graphics processor here, and the networks are trained on it (device “{torch_device}”)."
        if on_gpu
        else "PyTorch finds no graphics processor here, so the networks are trained on the main processor"
        " (device “{torch_device}”).",
        "A tensor of shape {torch_moved_shape}, the inputs of the test rows, was moved to the device, doubled there and"
        " moved back: its {torch_n_moved:,} numbers are those that numpy computes.",
        "" if on_gpu else "Here both ways are short; the same lines move it where there is a graphics processor.",
    )
