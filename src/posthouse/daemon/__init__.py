"""The composition root: what `posthouse up` runs."""

from posthouse.daemon.composition import run

__all__ = ["run"]
