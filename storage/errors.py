"""What can go wrong with the store, each with a code that fronts pass on."""


class StorageError(Exception):
    """Base of all. `code` is stable and in kebab case; the text says what to do next."""

    code = "storage-failed"


class JournalCorrupt(StorageError):
    """A journal holds something that no crash of ours can leave behind."""

    code = "journal-corrupt"


class JournalTooNew(StorageError):
    """Written by a later greenroom: names the format or event that this one does not know."""

    code = "journal-too-new"


class LineTooLong(StorageError):
    """A commit would not fit into a journal line of 4 MiB."""

    code = "too-large"


class StorageFull(StorageError):
    """No space left: nothing was acknowledged, and the journal ends where it did before."""

    code = "storage-full"


class SyncFailed(StorageError):
    """The disk would not confirm: the journal goes on in a new file with what was confirmed."""

    code = "storage-failed"


class DataDirectoryRefused(StorageError):
    """Somebody else's directory, a symbolic link, or not a directory at all."""

    code = "data-directory-refused"


class AlreadyRunning(StorageError):
    """Another daemon holds the data directory."""

    code = "already-running"


class FileRefused(StorageError):
    """A file that a person or program wrote cannot be used; `path` is JSON path or empty."""

    code = "bad-file"

    def __init__(self, message: str, *, line: int | None = None, path: str | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.path = path


class JournalMissing(StorageError):
    """A session's directory holds no journal."""

    code = "journal-missing"
