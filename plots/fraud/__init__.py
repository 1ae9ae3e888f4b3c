"""The pictures of a detector of fraud, each drawn from its card."""
