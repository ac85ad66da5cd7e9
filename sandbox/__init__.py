"""A stand-in WeChat, WeChat Pay and supplier. Speaks only the real protocols; imports nothing of ours."""
