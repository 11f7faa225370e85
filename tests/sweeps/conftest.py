# Programs, run by the tests; one needs Ray.
collect_ignore = ["killed.py", "on_ray.py"]
