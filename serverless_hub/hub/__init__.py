"""The model: hubs, their methods, and what runs when an event arrives."""
