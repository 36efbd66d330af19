"""Contact sheets of few moments: the usual twelve take a second, and few tests look at them."""

from contextlib import contextmanager

import pytest

from infer_smpl_fit.smpl_export.render import contact_sheet


@contextmanager
def few_moments():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(contact_sheet.__kwdefaults__, "count", 2)
        yield
