"""The lesson: its steps in order, what stored runs measure for each, and its five questions."""
