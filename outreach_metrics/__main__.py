"""`python -m outreach_metrics` is the command `outreach-metrics`."""

import sys

from outreach_metrics.cli import main

if __name__ == "__main__":
    sys.exit(main())
