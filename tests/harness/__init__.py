"""What the tests share: servers, databases, raw HTTP, and turning answers into comparable data."""
