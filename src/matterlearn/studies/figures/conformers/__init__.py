"""Figures of the study of conformers."""
