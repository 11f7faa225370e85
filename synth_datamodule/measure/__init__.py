"""Speed, memory and distance to the definition, of this package and its peer, in one run."""
