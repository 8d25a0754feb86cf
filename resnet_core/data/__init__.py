"""Image sets: drawn, downloaded, read from folders and archives, held in memory as uint8."""
