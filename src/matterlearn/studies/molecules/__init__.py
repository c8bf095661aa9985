"""Parts of the study of conformers."""
