"""Parts common to every page: language and title for the browser, and the terms' cards."""
