"""What to say when the terminal host is of an older greenroom and does not know a message."""

from actors.terminals.protocol import Refused

HOST_TOO_OLD = "host-too-old"

TEXT = (
    "the terminal host is of an older greenroom and cannot do this; begin it anew with: greenroom"
    " restart --terminals (that ends every terminal; shells and agents are started again)"
)


def explained(refused: Refused) -> tuple[str, str]:
    """Code and text of a refusal, for whoever asked."""
    if refused.code == "unknown-message":
        return HOST_TOO_OLD, TEXT
    return refused.code, refused.message
