# SPDX-License-Identifier: Apache-2.0
"""Pairing codes, as a person types them: used to mistype one, or to guess a wrong secret in the right form."""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def times(a, b):
    """Product in GF(2^5), reduced by x^5 + x^2 + 1."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 32:
            a ^= 0b100101
        b >>= 1
    return product


def check_symbol(symbols):
    """The twelfth symbol: the sum of alpha^(i+1) times the i-th of the eleven before, with alpha = 2."""
    total, weight = 0, 1
    for symbol in symbols:
        weight = times(weight, 2)
        total ^= times(weight, ALPHABET.index(symbol))
    return ALPHABET[total]


def plain(code):
    return code.replace("-", "")


def grouped(symbols):
    return "-".join(symbols[i:i + 4] for i in range(0, 12, 4))


def mistyped(code):
    """One symbol changed, so that the check symbol no longer fits."""
    symbols = plain(code)
    other = ALPHABET[(ALPHABET.index(symbols[6]) + 1) % 32]
    return grouped(symbols[:6] + other + symbols[7:])


def with_wrong_secret(code, difference=1):
    """The same first group, another secret, and the check symbol that fits."""
    symbols = plain(code)[:11]
    other = ALPHABET[(ALPHABET.index(symbols[10]) + difference) % 32]
    symbols = symbols[:10] + other
    return grouped(symbols + check_symbol(symbols))
