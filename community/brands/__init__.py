"""The tenant: hosts, theme, legal identity, feature switches.

Owns `Brand` and `BrandHost`. May import the kernel only. Publishes nothing yet.
"""
