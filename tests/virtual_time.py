"""An event loop whose time passes without waiting, for tests of what happens when."""

import asyncio
import selectors


class JumpingSelector(selectors.DefaultSelector):
    """Never waits: the time that would be waited passes at once."""

    passed = 0.0

    def select(self, timeout=None):
        assert timeout is not None, "every task waits, and nothing will ever wake one"
        self.passed += timeout
        return super().select(0)


class JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        self.jumping = JumpingSelector()
        super().__init__(self.jumping)

    def time(self):
        return self.jumping.passed
