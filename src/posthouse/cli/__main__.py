"""`python -m posthouse.cli`: the program without its script."""

import sys

from posthouse.cli.main import main

sys.exit(main())
