"""Image sets: found, drawn, read from folders and archives, held in memory as uint8."""
