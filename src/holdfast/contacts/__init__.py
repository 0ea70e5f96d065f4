"""Who was contacted when: from the user's contacts file, the source's contacts table or earlier lists."""
