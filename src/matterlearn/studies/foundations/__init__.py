"""Experiments of the study `learning-foundations`: each makes its data by a formula and returns numbers."""
