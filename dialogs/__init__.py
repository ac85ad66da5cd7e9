"""What to say and ask for. Pure, but for store.py: (dialog, heard, scene) → turn."""
