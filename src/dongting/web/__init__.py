"""The console: pages for people, rendered on the server, in Chinese and English."""
