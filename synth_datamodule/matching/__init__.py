"""Sound matching: hear a sound, name the parameters that made it."""
