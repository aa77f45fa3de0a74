"""What notices: one file or folder per source, with the protocol and the registry in `base`."""
