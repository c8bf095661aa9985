"""Figures of the study `learning-foundations`."""
