"""The REST interface for the owner's other programs: keys with scopes, resources, and signed webhooks out."""
