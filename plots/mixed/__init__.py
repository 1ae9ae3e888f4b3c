"""The pictures of a mixed model, one module each."""
