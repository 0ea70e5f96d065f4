"""What lies on disk below `paths.root`: one file for each kind, which owns its places, files and history."""
