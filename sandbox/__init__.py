"""A stand-in WeChat, WeChat Pay and supplier with a chat page. Speaks only the real protocols; imports nothing of ours."""
