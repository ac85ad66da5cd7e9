"""Values every room shares: money, identifiers, time, masking. Imports nothing of ours."""
