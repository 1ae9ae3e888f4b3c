"""The mathematics: frozen Spec and Table in, frozen Fit out. No HTTP, no SQL, no clock, no global state."""
