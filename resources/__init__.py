"""The wire: bytes in, JSON, CSV, HTML, SVG or PNG out. The only folder that knows Flask, beside app.py."""
