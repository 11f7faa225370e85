"""Recordings: the nearest preset to a sound that anybody recorded."""
