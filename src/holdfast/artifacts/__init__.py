"""The files below the root. Each kind of artifact has one module, which alone accesses its files."""
