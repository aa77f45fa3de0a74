"""Where it goes: one file per kind of target, found by name in `base.KINDS`."""
