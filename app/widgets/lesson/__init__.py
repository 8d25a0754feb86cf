"""The lesson in the browser: steps, picture, pen and questions."""
