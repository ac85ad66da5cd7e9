"""The order as a promise to deliver: its states, allocation, suppliers, delivery and after-sale."""
