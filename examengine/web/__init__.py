"""HTTP: pages, forms, guards. The composition root is ``app``."""
