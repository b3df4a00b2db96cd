"""Pure building blocks used everywhere: standard library only, no I/O."""
