"""The processes: what bin/serve starts, the worker, and the jobs it runs."""
