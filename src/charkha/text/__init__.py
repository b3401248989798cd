"""What is true of any text, as pure functions. Checks and filters call these; neither has its own."""
