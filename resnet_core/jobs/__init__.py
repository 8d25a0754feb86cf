"""Jobs: a queue, an engine that starts workers, a supervisor that watches over them."""
