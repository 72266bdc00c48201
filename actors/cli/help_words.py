"""What the help of every command says of its arguments, and of what comes after it. PURE.

A test keeps both complete: each word of a usage is told, and each command has a next step.
"""

from __future__ import annotations

import re

ARGUMENTS = {
    "SESSION": "its id, the beginning of one (four characters or more), or its title",
    "WORKER": "its name in the session, or its id; [/WORKER] left out: the one that can be meant",
    "N": "the number of a moment, as greenroom history prints it behind every round",
    "TEXT": "one word or several; - takes it from standard input",
    "DIR": "the directory to work in; left out: this one",
    "COMMAND": "a program and its arguments, or a command of greenroom",
    "RESPONSE_ID": "what greenroom send --no-wait printed",
    "ID": "what greenroom asks prints, or the beginning of it",
    "TIMER": "what greenroom timer ls prints, or the beginning of it",
    "FILE": "what greenroom export wrote",
}
NEXT = {
    "start": "greenroom new DIR begins a session; greenroom status shows what runs.",
    "stop": "greenroom start brings all of it back that is to run.",
    "status": "greenroom logs and greenroom doctor say more of what went wrong.",
    "open": "the page shows every session; greenroom open again, whenever it asks for a login.",
    "logs": "greenroom doctor looks for the causes.",
    "events": "greenroom show SESSION tells what it all came to.",
    "daemon": "greenroom status, from another terminal. Ctrl-C ends it; terminals live on.",
    "verify": "greenroom doctor says what to do; greenroom salvage saves a damaged journal.",
    "salvage": "greenroom start, then greenroom history SESSION shows what was saved.",
    "doctor": "each finding names its own next step; greenroom verify reads every journal.",
    "demo": "greenroom start, and greenroom new for a session of your own.",
    "completion": "a new shell, and Tab behind greenroom.",
    "mcp": "the client starts it by itself; greenroom ls shows what it made.",
    "help": "greenroom COMMAND --help is the same.",
    "new": "greenroom send SESSION TEXT, or greenroom attach SESSION.",
    "ls": "greenroom show SESSION tells all of one.",
    "show": "greenroom history SESSION, greenroom diff SESSION, greenroom attach SESSION.",
    "diff": "greenroom delete SESSION removes its worktree when nothing is lost by that.",
    "history": "greenroom fork SESSION@N goes on from there in a new session.",
    "fork": "greenroom send SESSION TEXT, with the id that it printed.",
    "context": "greenroom send SESSION TEXT sends it.",
    "send": "greenroom history SESSION shows it again; greenroom asks, if it waits for you.",
    "cancel": "greenroom history SESSION shows how far it came.",
    "asks": "greenroom answer ID allow, or deny.",
    "answer": "greenroom history SESSION shows what came of it.",
    "budget": "the next request runs within it; greenroom status shows the part that is spent.",
    "limits": "greenroom status shows how it is held, and what its processes use.",
    "timer add": "greenroom timer ls SESSION shows it; greenroom history SESSION what it began.",
    "timer ls": "greenroom timer rm SESSION TIMER takes one back.",
    "timer rm": "greenroom timer add SESSION sets another.",
    "delete": "greenroom restore SESSION takes it back; greenroom purge SESSION ends it for good.",
    "trash": "greenroom restore SESSION, or greenroom purge SESSION.",
    "restore": "greenroom run SESSION starts it.",
    "purge": "nothing brings it back.",
    "export": "greenroom import FILE, on this machine or another.",
    "import": "greenroom run SESSION starts it.",
    "archive": "greenroom ls --all shows it; greenroom unarchive SESSION takes it out.",
    "unarchive": "greenroom run SESSION starts it.",
    "pause": "greenroom resume SESSION lets it go on.",
    "resume": "greenroom show SESSION tells what it does.",
    "run": "greenroom attach SESSION/WORKER, or greenroom peek SESSION/WORKER.",
    "halt": "greenroom run SESSION starts it again.",
    "restart": "greenroom status shows what came up.",
    "worker add": "greenroom attach SESSION/WORKER, or greenroom send SESSION/WORKER TEXT.",
    "worker ls": "greenroom show SESSION tells more.",
    "worker restart": "greenroom peek SESSION/WORKER shows what it says.",
    "worker rm": "greenroom worker add SESSION makes another.",
    "agents": "greenroom new --agent NAME starts one.",
    "attach": "Ctrl-\\ detaches; the program goes on.",
    "detach": "greenroom attach SESSION/WORKER, to be there yourself.",
    "peek": "greenroom type SESSION/WORKER TEXT answers what it asks.",
    "type": "greenroom peek SESSION/WORKER shows what came of it.",
    "output": "greenroom attach SESSION/WORKER shows what comes.",
}
_OPTIONAL = re.compile(r"\[--?\w[^\]]*\]")
_WORD = re.compile(r"[A-Z][A-Z_]*")
_GENERAL = frozenset({"OPTION", "LIMIT"})
"""Told as options."""


def argument_words(usage: str) -> list[str]:
    """The names of what a usage lets one say, without its options."""
    return [
        word
        for word in dict.fromkeys(_WORD.findall(_OPTIONAL.sub("", usage)))
        if word not in _GENERAL
    ]
