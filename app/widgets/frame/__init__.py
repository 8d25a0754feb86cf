"""What is around every page: its language and title for the browser, and the terms' cards."""
