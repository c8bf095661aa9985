"""Chapters of the study `learning-foundations`: each runs one experiment and writes one section of the page."""
