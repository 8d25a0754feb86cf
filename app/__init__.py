"""The web interface: pages' shared parts. It never imports torch."""
