"""`python -m tests.deploy.provider PACKAGE`: the plugin as a process."""

import sys

from tests.deploy.provider.server import serve

serve(sys.argv[1])
