"""Who was contacted when: by a file of the user's, the source's table of contacts, or earlier lists."""
