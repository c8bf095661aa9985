"""What a fitted model goes by: importance, partial dependence, a readable surrogate, and how it learns."""
