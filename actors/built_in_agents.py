"""The agent programs that greenroom knows from the start, as data.

`agents` in `workspace.json` adds others; one with the id of a row here takes its place. What stands
here follows the programs' own documentation, and only a program itself can say that it still holds.
"""

from storage.records.agent import AgentDefinition

_PROVIDER_KEYS = (
    "ANTHROPIC_API_KEY",
    "OPENAI_API_KEY",
    "GEMINI_API_KEY",
    "GOOGLE_API_KEY",
    "OPENROUTER_API_KEY",
    "DEEPSEEK_API_KEY",
)

BUILT_IN: tuple[AgentDefinition, ...] = (
    AgentDefinition(
        id="claude",
        name="Claude Code",
        command="claude",
        session_id_args=("--session-id", "{conversation}"),
        resume_args=("--resume", "{conversation}"),
        continue_args=("--continue",),
        no_conversation=("No conversation found",),
        prompt_args=("--", " {prompt}"),  # without the space "doctor" would be a command of its own
        asking=(
            "Do you want to",
            "Would you like to proceed",
            "I trust this folder",
            "to navigate",
        ),
        pasted=("[Pasted text #",),
        idle=("? for shortcuts",),
        input_line=("\N{HEAVY RIGHT-POINTING ANGLE QUOTATION MARK ORNAMENT}\N{NO-BREAK SPACE}",),
        env=("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"),
        hooks="claude-code",
        install="npm install -g @anthropic-ai/claude-code",
    ),
    AgentDefinition(
        id="codex",
        name="Codex",
        command="codex",
        resume_args=("resume", "{conversation}"),
        continue_args=("resume", "--last"),
        prompt_args=("--", "{prompt}"),
        asking=("Would you like to run the following", "Would you like to make the following"),
        env=("OPENAI_API_KEY", "CODEX_API_KEY"),
        install="npm install -g @openai/codex",
    ),
    AgentDefinition(
        id="gemini",
        name="Gemini CLI",
        command="gemini",
        resume_args=("--resume", "{conversation}"),
        continue_args=("--resume", "latest"),
        no_conversation=("No previous sessions found",),
        prompt_args=("--prompt-interactive={prompt}",),
        asking=("Apply this change?", "Allow execution", "Waiting for user confirmation"),
        env=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        install="npm install -g @google/gemini-cli",
    ),
    AgentDefinition(
        id="opencode",
        name="opencode",
        command="opencode",
        resume_args=("--session", "{conversation}"),
        continue_args=("--continue",),
        prompt_args=("--prompt={prompt}",),
        asking=("Permission required",),
        env=_PROVIDER_KEYS,
        install="npm install -g opencode-ai",
    ),
    AgentDefinition(
        id="aider",
        name="aider",
        command="aider",
        continue_args=("--restore-chat-history",),
        asking=("(Y)es/(N)o",),
        input_line=(">",),
        env=_PROVIDER_KEYS,
        install="pip install aider-chat",
    ),
    AgentDefinition(
        id="goose",
        name="goose",
        command="goose",
        args=("session",),
        session_id_args=("--name", "{conversation}"),
        resume_args=("--resume", "--name", "{conversation}"),
        continue_args=("--resume",),
        asking=("would like to call the above tool", "Do you allow this tool call?"),
        env=_PROVIDER_KEYS,
        install="see goose's own documentation",
    ),
)
