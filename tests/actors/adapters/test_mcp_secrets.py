from actors.adapters.mcp_secrets import Secrets
from storage.records.workspace import McpServerSettings


def test_values_that_may_be_keys_are_hidden_in_every_text() -> None:
    settings = McpServerSettings(
        url="https://me:pa55word@host.test/mcp?key=query%20secret&n=1#fragment",
        headers={"Authorization": "Bearer token-1234"},
        env={"KEY": "env-secret", "MODE": "on"},
    )
    secrets = Secrets(settings)
    said = (
        "token-1234 and Bearer token-1234, env-secret on host.test/mcp, pa55word,"
        " query%20secret, query secret, fragment"
    )
    hidden = secrets.hidden(said)
    assert hidden == "*** and ***, *** on host.test/mcp, ***, ***, ***, ***"
    assert Secrets(McpServerSettings(command="x")).hidden(said) == said
