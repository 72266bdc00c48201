"""The scripts that teach a shell to complete. PURE: texts.

Each hands over the words up to the cursor as they were typed, evaluates nothing of what it is
given back, and is silent when nothing comes.
"""

from __future__ import annotations

import shlex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# Bash replaces the end of a word only, what it takes for one of its own: the answer is that end.
_BASH = r"""# Completion of greenroom for bash. To have it in every shell, in ~/.bashrc:
#   source <(greenroom completion bash)
_greenroom() {
    local found
    mapfile -t found < <(@PROGRAM@ completion bash -- "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
    COMPREPLY=("${found[@]:1}")
    case "${found[0]-}" in
        files) compopt -o default ;;
        directories) compopt -o dirnames ;;
    esac
}
complete -F _greenroom greenroom
"""
_ZSH = r"""#compdef greenroom
# Completion of greenroom for zsh. To have it in every shell, in ~/.zshrc behind compinit:
#   source <(greenroom completion zsh)
_greenroom() {
    local -a found shown
    found=("${(@f)$(@PROGRAM@ completion zsh -- "${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}")
    case $found[1] in
        files) _files ;;
        directories) _files -/ ;;
        words)
            shift found
            shown=("${(@)found/$'\t'/  -- }")
            found=("${(@)found%%$'\t'*}")
            (( $#found )) && compadd -l -d shown -a -- found
            ;;
    esac
}
if [[ $funcstack[1] == _greenroom ]]; then
    _greenroom "$@"
elif (( $+functions[compdef] )); then
    compdef _greenroom greenroom
fi
"""
_FISH = r"""# Completion of greenroom for fish. To have it in every shell, in its config.fish:
#   greenroom completion fish | source
function __greenroom_candidates
    set -l token (commandline -ct)
    set token (string unescape -- "$token"; or string trim -lc "'\"" -- "$token")
    set -l words (commandline -pc | string collect)
    set -l found (@PROGRAM@ completion fish -- "$words" 2>/dev/null)
    set -l kind $found[1]
    set -e found[1]
    switch "$kind"
        case files
            __fish_complete_path "$token"
        case directories
            __fish_complete_directories "$token"
        case words
            for each in $found
                printf '%s\n' "$each"
            end
    end
end
complete -c greenroom -f -a '(__greenroom_candidates)'
"""
_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def script(shell: str, program: Sequence[str]) -> str:
    """The script for `bash`, `zsh` or `fish`; `program` is the command by which we are run."""
    return _SCRIPTS[shell].replace("@PROGRAM@", " ".join(map(shlex.quote, program)))
