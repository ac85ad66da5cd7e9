"""The edge: everything that talks to the world, and the wiring."""
