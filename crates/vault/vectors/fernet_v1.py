"""Makes fernet_v1.txt: tokens of Python's `cryptography`, for the reader of the import. Run once; the result is committed.

    python3 -m pip install cryptography==48.0.0
    python3 fernet_v1.py > fernet_v1.txt

First line: a key for each remainder of the index by 4. Then, on each line: index, characters of the text, form of the token, token.
The text is computed from index and length: see `text`.
"""

import random

from cryptography.fernet import Fernet

SIGNS = "sk-proj_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.:/+=é\u0436\u03bb\u2713 \n"
YEAR = 365 * 86_400
NOW = 1_764_000_000


def text(index: int, length: int) -> str:
    return "".join(SIGNS[(index * 31 + place * 7 + place * place % 13) % len(SIGNS)] for place in range(length))


def main() -> None:
    chance = random.Random(1)
    keys = [Fernet.generate_key() for _ in range(4)]
    print(" ".join(key.decode() for key in keys))
    for index in range(1_000):
        length = chance.randrange(2_000, 7_900) if index % 50 == 49 else index % 97
        time = NOW + chance.randrange(-10 * YEAR, 10 * YEAR)
        token = Fernet(keys[index % 4]).encrypt_at_time(text(index, length).encode(), time).decode()
        form = ("plain", "unpadded", "newline")[index % 3]
        print(index, length, form, token.rstrip("=") if form == "unpadded" else token)


main()
