"""Numbers: hashes, powers, clamps and random draws, and what compiles or traces them."""
