"""Identifiers as a shop prints them: unique, and not sorted by customer.

A number is multiplied by an odd constant modulo 2**40, which is a one-to-one mapping.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

REAL, CANCELLED, WALK_IN = range(3)  # variants of an order

_BITS = 40
_ODD = np.uint64(678_152_731_241)
_VARIANT_BITS, _NUMBER_BITS = 2, 12  # 4 variants of each of a customer's 4,096 orders or tickets


def order_numbers(customer: Numbers, number: Numbers, variant: Numbers | int = REAL) -> Numbers:
    """A unique number for a customer's n-th order (or ticket), which rises with n."""
    shifted = (customer << (_NUMBER_BITS + _VARIANT_BITS)) + (number << _VARIANT_BITS) + variant
    return np.asarray(shifted, dtype=np.int64)


def spelled(prefix: str, numbers: Numbers) -> pa.Array:
    """Identifiers such as `SO0481029384756`."""
    scattered = (numbers.astype(np.uint64) * _ODD) & np.uint64((1 << _BITS) - 1)
    digits = pc.utf8_lpad(pa.array(scattered).cast(pa.string()), 13, "0")
    return pc.binary_join_element_wise(prefix, digits, "")


def customer_numbers(customer: Numbers) -> pa.Array:
    """Customer numbers of at least seven digits, with leading zeros, from 0000001."""
    return pc.utf8_lpad(pa.array(customer + 1).cast(pa.string()), 7, "0")
