"""What is said at telephones that nobody holds, so that a recording of theirs sounds like two people who talk."""
