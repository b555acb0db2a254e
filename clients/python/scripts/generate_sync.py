"""Makes ``src/weft/_client.py`` of ``src/weft/_async_client.py``: one source for both clients.

``--check`` writes nothing and fails when the file is not current.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "src" / "weft" / "_async_client.py"
TARGET = SOURCE.with_name("_client.py")

#: In this order; whole words.
WORDS = [
    (r"async def ", "def "),
    (r"async with ", "with "),
    (r"async for ", "for "),
    (r"await ", ""),
    (r"websockets\.asyncio\.client", "websockets.sync.client"),
    (r"import asyncio\n", ""),
    (r"asyncio\.sleep", "time.sleep"),
    (r"httpx\.AsyncClient", "httpx.Client"),
    (r"AsyncClient", "Client"),
    (r"AsyncEventStream", "EventStream"),
    (r"AsyncIterator", "Iterator"),
    (r"asynccontextmanager", "contextmanager"),
    (r"StopAsyncIteration", "StopIteration"),
    (r"__aenter__", "__enter__"),
    (r"__aexit__", "__exit__"),
    (r"__aiter__", "__iter__"),
    (r"__anext__", "__next__"),
    (r"aiter_bytes", "iter_bytes"),
    (r"aread", "read"),
    (r"aclose", "close"),
]

HEAD = '''"""``Client``: everything that a coordinator can be asked (docs/api.md).

Made of ``_async_client.py`` by ``scripts/generate_sync.py``: change that one.
"""
'''


def generated() -> str:
    text = SOURCE.read_text(encoding="utf-8")
    text = HEAD + text[text.index('"""\n', 4) + 4 :]
    for pattern, word in WORDS:
        text = re.sub(rf"(?<![A-Za-z_]){pattern}", word, text)
    # httpx has no Deque and no Iterator of its own: imports are sorted anew where a word became another.
    return text.replace("Any, Iterator, Deque, Iterable, Mapping", "Any, Deque, Iterable, Iterator, Mapping")


def main() -> int:
    text = generated()
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{TARGET} is not current: run {Path(__file__).name}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
