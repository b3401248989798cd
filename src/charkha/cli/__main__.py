"""`python -m charkha.cli`, the same as `charkha`."""

import sys

from charkha.cli import main

sys.exit(main())
