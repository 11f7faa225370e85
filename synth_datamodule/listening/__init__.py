"""Pages to listen to: sounds, comparisons and blind tests, each one HTML file without a server."""
