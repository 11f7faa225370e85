"""What the loaders hand out: numbers, sized and in order."""
