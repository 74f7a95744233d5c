"""Certificate authorities for commands that call a server with a certificate of its own."""

from __future__ import annotations

from pathlib import Path

from api.cli.errors import CliError
from api.cli.running.child_environment import ChildEnvironment
from api.cli.running.private_folder import PrivateFolder

# Variables with the path of a file that replaces a program's authorities.
_REPLACING = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
# Node.js adds the file's authorities to its own.
_ADDING = "NODE_EXTRA_CA_CERTS"


def add_authorities(environment: ChildEnvironment, ca_file: Path, folder: PrivateFolder) -> None:
    """Let a command trust `ca_file` besides the usual authorities.

    Variables that the user set stay. Raises CliError if the file cannot be read.
    """
    import certifi

    variables = environment.variables
    try:
        own = ca_file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise CliError(
            f"{ca_file} cannot be read as certificate authorities: sign in again with --ca-file."
        ) from error
    bundle = folder.write("authorities.pem", f"{certifi.contents()}\n{own}")
    for name in _REPLACING:
        variables.setdefault(name, str(bundle))
    variables.setdefault(_ADDING, str(ca_file))
