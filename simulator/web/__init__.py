"""aiohttp, and only here and in client.aio."""
