"""A benchmark of sound matching: fixed sounds, fixed budgets, re-rendered guesses."""
