"""Files: what is made, written, renamed and removed below the folders that a person names."""
