"""Run the plugin: `python -m tests.deploy.provider PACKAGE`."""

import sys

from tests.deploy.provider.server import serve

serve(sys.argv[1])
