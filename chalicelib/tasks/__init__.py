"""Internal tasks: what a person of a sector must look at, so that nothing ends in nothing."""
