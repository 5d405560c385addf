"""Temporary."""
class Score:
    def update(self, batch, predictions): pass
    def update_late(self, *a): pass
    def summary(self): return {}
    def state(self): return {}
    def restore(self, s): pass
